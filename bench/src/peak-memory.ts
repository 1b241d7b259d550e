// Imported before the command that is measured: tells the greatest resident memory, in KiB, on file descriptor 3.
import { writeSync } from "node:fs";

process.once("exit", () => writeSync(3, String(process.resourceUsage().maxRSS)));
