/**
 * Record voice, video or a photo inside the page, so that nothing lands in the phone's gallery.
 *
 * The stream is stopped as soon as the recording is done, discarded, or its view is left.
 */

import { button, h, notice } from "./dom";
import { formatClock } from "./format";
import { t } from "./texts";

export type Kind = "voice" | "video" | "photo";

export interface Recording {
  readonly content: Blob;
  /** Without parameters: `audio/webm`. */
  readonly type: string;
  /** `webm`, `mp4`, `ogg`, `jpg`. */
  readonly suffix: string;
}

export function canRecord(): boolean {
  return typeof navigator.mediaDevices?.getUserMedia === "function" && typeof MediaRecorder === "function";
}

const SUFFIXES: Readonly<Record<string, string>> = { "image/jpeg": "jpg", "audio/mpeg": "mp3", "audio/mp4": "m4a" };

function recordingOf(content: Blob): Recording {
  const type = content.type.split(";")[0] ?? "";
  return { content, type, suffix: SUFFIXES[type] ?? type.split("/")[1] ?? "bin" };
}

/** A control with its own states: idle, live, refused. `onLeave` registers what must stop when the view goes. */
export function recorder(
  kind: Kind,
  label: string,
  onDone: (recording: Recording) => void,
  onLeave: (stop: () => void) => void,
): HTMLElement {
  const place = h("div");
  let stream: MediaStream | null = null;
  let isLeft = false;

  function stop(): void {
    for (const track of stream?.getTracks() ?? []) track.stop();
    stream = null;
  }

  function idle(problem?: HTMLElement): void {
    stop();
    place.replaceChildren(button(label, () => void begin()), ...(problem ? [problem] : []));
  }

  async function begin(): Promise<void> {
    let opened: MediaStream;
    try {
      opened = await navigator.mediaDevices.getUserMedia(
        kind === "voice" ? { audio: true } : { audio: kind === "video", video: { facingMode: "environment" } },
      );
    } catch {
      idle(notice("error", t("rec.refused")));
      return;
    }
    stream = opened;
    // She may have gone on while the phone asked for permission: then nothing may listen or look.
    if (isLeft) {
      stop();
      return;
    }
    if (kind === "photo") showCamera(opened);
    else showRecording(opened);
  }

  function showCamera(source: MediaStream): void {
    const picture = liveVideo(source);
    const shoot = button(t("rec.shoot"), () => {
      const canvas = h("canvas", { width: picture.videoWidth, height: picture.videoHeight });
      canvas.getContext("2d")?.drawImage(picture, 0, 0);
      canvas.toBlob((content) => {
        idle();
        if (content !== null && !isLeft) onDone(recordingOf(content));
      }, "image/jpeg", 0.92);
    }, { class: "primary" });
    place.replaceChildren(picture, h("div", { class: "row" }, shoot, button(t("rec.discard"), () => idle())));
    shoot.focus();
  }

  function showRecording(source: MediaStream): void {
    const pieces: Blob[] = [];
    const machine = new MediaRecorder(source);
    const began = performance.now();
    const clock = h("p", { class: "strong" }, t("rec.going", { time: formatClock(0) }));
    const timer = window.setInterval(() => {
      clock.textContent = t("rec.going", { time: formatClock((performance.now() - began) / 1000) });
    }, 1000);
    let wanted = true;
    machine.addEventListener("dataavailable", (event) => pieces.push(event.data));
    machine.addEventListener("stop", () => {
      window.clearInterval(timer);
      idle();
      if (wanted) onDone(recordingOf(new Blob(pieces, { type: machine.mimeType })));
    });
    const end = button(t("rec.stop"), () => machine.stop(), { class: "primary" });
    const discard = button(t("rec.discard"), () => {
      wanted = false;
      machine.stop();
    });
    onLeave(() => {
      if (machine.state !== "inactive") {
        wanted = false;
        machine.stop();
      }
    });
    const live = kind === "video" ? [liveVideo(source)] : [];
    place.replaceChildren(...live, clock, h("div", { class: "row" }, end, discard));
    machine.start(1000);
    end.focus();
  }

  onLeave(() => {
    isLeft = true;
    stop();
  });
  idle();
  return place;
}

function liveVideo(source: MediaStream): HTMLVideoElement {
  const video = h("video", { class: "live", autoplay: true, playsinline: true, "aria-hidden": "true" });
  video.muted = true;
  video.srcObject = source;
  return video;
}
