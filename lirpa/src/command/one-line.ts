/**
 * Text of a file's author on one line of a terminal: line ends become spaces, and what could steer the terminal is
 * dropped, direction marks included.
 */
export function oneLine(text: string): string {
  return (
    text
      .replace(/\s+/g, " ")
      // eslint-disable-next-line no-control-regex
      .replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, "")
      .trim()
  );
}

/** A complaint and what to do next, as two sentences on one line. */
export function complaint(message: string, hint: string | undefined): string {
  return [message, hint ?? ""]
    .map(oneLine)
    .filter((part) => part !== "")
    .map(sentence)
    .join(" ");
}

function sentence(text: string): string {
  return /[.?!]$/.test(text) ? text : `${text.replace(/[:;,]$/, "")}.`;
}
