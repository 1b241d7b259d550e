import { createLirpa } from "lirpa";
import { answer, DEMO, QUICKSTART, questions, type Answer } from "./questions.js";

/** The page's script: computes bounds, and sends them to the server that the page is from. */
const report = (path: string, body: unknown): Promise<unknown> =>
  fetch(path, { method: "POST", body: JSON.stringify(body) });

async function answers(): Promise<Answer[]> {
  const lirpa = await createLirpa();
  const query = await (await fetch(`/${QUICKSTART}/query.json`)).text();
  const digits = await (await fetch(`/${DEMO}/digits.json`)).text();
  const all: Answer[] = [];
  for (const question of questions(query, digits)) {
    all.push(await answer(lirpa, question, (model) => `/${model}`));
  }
  await lirpa.dispose();
  return all;
}

try {
  await report("/answers", await answers());
} catch (error) {
  await report("/failure", error instanceof Error ? (error.stack ?? error.message) : String(error));
}
