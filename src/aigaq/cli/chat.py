"""`aigaq import chat`: an exported chat becomes a report, and staff learn what to erase."""

from pathlib import Path

import click

from aigaq.cli.desk import JSON, PASSPHRASE_FD, tell

IMPORT_SECONDS = 3_600.0
#: What staff do with their own phone afterwards, in the language that they work in.
ERASE = {
    "kk": "Енді мыналарды өшіріңіз, осы ретпен:\n"
    "1. телефонда: экспорт файлын («Файлдар» немесе «Жүктеулер») және ол жіберілген хатты;\n"
    "2. мессенджерде: экспорт өзіңізге не әріптеске жіберілген хабарды, екі жақтан да;\n"
    "3. галереяда: осы чаттан сақталған суреттер мен бейнелерді, «Жақында жойылғандарды» да;\n"
    "4. бұлтта: WhatsApp, Google, iCloud не Яндекс дискісіндегі сақтық көшірмелерді;\n"
    "5. осы компьютерде: {file} файлын және себетті.\n"
    "Чаттың өзін хабарлама авторымен келіскенше өшірмеңіз: онда керек нәрсе болуы мүмкін. "
    "Флеш-жад пен SSD өшірілгенді біраз уақыт сақтай алады.",
    "ru": "Теперь сотрите в таком порядке:\n"
    "1. в телефоне: файл экспорта («Файлы» или «Загрузки») и письмо, которым он отправлен;\n"
    "2. в мессенджере: сообщение, которым экспорт отправлен себе или коллегам, с обеих сторон;\n"
    "3. в галерее: фото и видео, сохранённые из этого чата, и «Недавно удалённые»;\n"
    "4. в облаке: резервные копии WhatsApp, Google, iCloud или Яндекс Диска;\n"
    "5. на этом компьютере: файл {file} и корзину.\n"
    "Сам чат не стирайте, пока не договоритесь с автором сообщения: в нём может остаться "
    "что-то нужное. "
    "Флеш-память и SSD могут какое-то время хранить стёртое.",
    "en": "Now erase, in this order:\n"
    "1. on the phone: the export's file (Files or Downloads) and the mail that carried it;\n"
    "2. in the messenger: the message that sent the export to you or a colleague, on both sides;\n"
    "3. in the gallery: pictures and videos saved from this chat, and Recently deleted;\n"
    "4. in the cloud: backups of WhatsApp, Google, iCloud or Yandex Disk;\n"
    "5. on this computer: {file}, and the bin.\n"
    "Do not erase the chat itself before you agreed on it with the reporter: it may still hold "
    "what is needed. Flash memory and SSDs can keep what was erased for a while.",
}


@click.command("chat")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--told-by", required=True, help="From whom it comes: mother, neighbour, a name.")
@click.option("--told-when", required=True, help="When it was sent to you, in words.")
@click.option("--language", type=click.Choice(["kk", "ru", "en"]), default="ru", show_default=True)
@click.option(
    "--hidden-details",
    type=click.Choice(["keep", "strip"]),
    help="What the reporter said of place, time and device in the files; leave out if not asked.",
)
@PASSPHRASE_FD
@JSON
def import_chat(
    file: Path,
    told_by: str,
    told_when: str,
    language: str,
    hidden_details: str | None,
    passphrase_fd: int | None,
    as_json: bool,
) -> None:
    """File an exported chat: WhatsApp (.zip or .txt) or Telegram (.zip, result.json or .html)."""
    from aigaq.cli.local_desk import ask_running_desk, is_running, opened_desk
    from aigaq.core.home import get_home

    home = get_home()
    arguments = {
        "path": str(file.absolute()),
        "told_by": told_by,
        "told_when": told_when,
        "language": language,
        "hidden_details": hidden_details,
    }
    if is_running(home):
        answer = ask_running_desk(
            home, command="import-chat", answer_seconds=IMPORT_SECONDS, **arguments
        )
    else:
        with opened_desk(home, passphrase_fd=passphrase_fd):
            from aigaq.intake.chat_import import run_import_chat_command

            answer = run_import_chat_command(arguments)
    tell(answer, as_json=as_json, sentence=_say(answer, file=file, language=language))


def _say(answer: dict[str, object], *, file: Path, language: str) -> str:
    lines = [
        f"Filed as number {answer['register_number']}, state {answer['state']}: "
        f"{answer['messages']} messages, {answer['media']} files."
    ]
    missing = answer["missing"]
    if isinstance(missing, list) and missing:
        lines.append(f"The chat names {len(missing)} files that the export lacks: the transcript")
        lines.append("says which. Export it once more with media if they matter.")
    if answer["left_out"]:
        lines.append(f"{answer['left_out']} messages were exported without their file.")
    return "\n".join([*lines, "", ERASE[language].format(file=file)])
