/** By path, the integrity of what the first script fetches; the build resolves it. */
declare module "aigaq:integrity" {
  const integrity: Readonly<Record<string, string>>;
  export default integrity;
}
