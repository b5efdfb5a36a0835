/** The texts of the language for which this script was built; the build resolves it. */
declare module "aigaq:late-texts" {
  const texts: Readonly<Record<string, string>>;
  export default texts;
}

declare module "aigaq:texts" {
  const texts: Readonly<Record<string, string>>;
  export default texts;
}
