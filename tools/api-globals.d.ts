// What API Extractor (tools/api.mjs) is to know of globals that no ECMAScript library declares.
interface URL {
  readonly href: string;
}
