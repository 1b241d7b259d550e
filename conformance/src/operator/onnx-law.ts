import type { AttributeType, Operator } from "@lirpa/core/plugin";
import type { GraphNode } from "@lirpa/core";
import { writeModel } from "@lirpa/onnx";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { pointsIn } from "../kit/boxes.js";
import { demandEqual, show } from "../kit/numbers.js";
import { forAllAsync, LawBroken } from "../settings.js";
import { trials } from "./boxes.js";
import type { OperatorLaw } from "./law.js";
import type { OperatorSubject } from "./subject.js";

/** ONNX Runtime lacks some of ONNX's operators, and old or new versions of others. */
const LACKING = new RegExp(
  [
    "not implemented",
    "NOT_IMPLEMENTED",
    "No Op registered",
    "not a registered function",
    "Could not find an implementation",
    "is under development",
    "Unsupported",
  ].join("|"),
  "i",
);

/** The forward rule is what all other laws compare with; here it is compared with the operator itself. */
export const computesOnnx: OperatorLaw = {
  name: "computes what ONNX Runtime computes for the operator of its name",
  concerns: ({ domain = "" }) => domain === "",
  check: async (subject) => {
    const session = await sessionOf(subject);
    if (session === undefined) return;
    const { outputs } = subject.alone.resolved;
    await forAllAsync(
      subject.settings,
      trials(subject),
      async ({ boxes, seed }) => {
        const point = pointsIn(boxes, 3, seed)[2]!;
        const results = await session.run(
          Object.fromEntries(
            point.map((values, i) => [
              `x${i}`,
              new Tensor("float32", Float32Array.from(values), [...subject.open[i]!.shape]),
            ]),
          ),
        );
        const [ours] = subject.alone.forward([point]);
        outputs.forEach(({ shape }, i) => {
          const theirs = results[`y${i}`]!;
          if (theirs.dims.join() !== shape.join())
            throw new LawBroken(
              `${subject.name}: the shape of output ${i} is [${shape.join(", ")}]; ` +
                `in ONNX Runtime it is [${theirs.dims.join(", ")}]`,
            );
          const expected = Array.from(theirs.data as ArrayLike<number>, Number);
          demandEqual(
            () =>
              `${subject.name} at ${show(point.flatMap((values) => Array.from(values)))}, output ${i}, ` +
              "compared with ONNX Runtime",
            ours![i]!,
            expected,
            subject.example.singleTolerance ?? 1e-5,
          );
        });
      },
      4,
    );
    await session.release();
  },
};

async function sessionOf({ alone: { graph }, operator }: OperatorSubject): Promise<InferenceSession | undefined> {
  const nodes = graph.nodes.map((node) => ({ ...node, attributeTypes: typesOf(node, operator) }));
  const bytes = writeModel({ ...graph, nodes, opsets: new Map([["", graph.opsets.get("")!]]) });
  try {
    return await InferenceSession.create(bytes, {
      graphOptimizationLevel: "disabled",
      intraOpNumThreads: 1,
      logSeverityLevel: 4,
    });
  } catch (error) {
    if (error instanceof Error && LACKING.test(error.message)) return undefined;
    throw error;
  }
}

/** As the operator declares them; that of a tensor is its own. */
function typesOf({ attributes }: GraphNode, operator: Operator): Readonly<Record<string, AttributeType>> {
  const declared = Object.entries(operator.attributes ?? {}).filter(([name]) => !isTensor(attributes[name]));
  return Object.fromEntries(declared.map(([name, { type }]) => [name, type]));
}

function isTensor(value: unknown): boolean {
  return typeof value === "object" && value !== null && "data" in value;
}
