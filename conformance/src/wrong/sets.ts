import {
  definePerturbation,
  type AnyPerturbation,
  type Perturbation,
  type PerturbationQuery,
  type SetContext,
  type Shape,
  type Tensor,
} from "@lirpa/core/plugin";
import { tensor } from "../kit/numbers.js";
import type { PerturbationLawName } from "../perturbation/case.js";
import { overInstances } from "./impure.js";

/** A perturbation with one deliberate mistake, and the law that must find it. */
export interface WrongPerturbation {
  readonly mistake: string;
  readonly perturbation: Perturbation;
  readonly law: PerturbationLawName;
  /** Laws that do not see this mistake: the one above is needed. */
  readonly passes?: readonly PerturbationLawName[];
}

let calls = 0;

type Ball = { readonly p: number };
type Context = SetContext<Ball>;

function norm({ t }: Context, x: Tensor, p: number): Tensor {
  if (p === 1) return t.sum(t.abs(x));
  return t.pow(t.max(t.sum(t.pow(t.max(t.abs(x), 1e-30), p)), 1e-60), 1 / p);
}

const dual = (p: number): number => p / (p - 1);
const axesOf = (shape: Shape): number => shape.reduce((product, size) => product * size, 1);

/** One Lp ball over the whole tensor, as it should be; a mistake replaces one of its rules. */
function ball(
  p: number,
  mistake: Partial<AnyPerturbation<Ball>> | ((right: AnyPerturbation<Ball>) => Partial<AnyPerturbation<Ball>>),
): Perturbation {
  const right: AnyPerturbation<Ball> = {
    type: "wrong-ball",
    parse: (query) => ({ structure: { p }, values: { eps: tensor([], [Number(query["eps"])]) } }),
    isBox: () => false,
    hull: ({ t, center, values }) => ({ lower: t.sub(center, values["eps"]!), upper: t.add(center, values["eps"]!) }),
    concretize: (context, a, side) => support(context, a, side, dual(p)),
    concretizeRange: (context, a, side) => {
      const { t, center } = context;
      const [low, high] = side === "lower" ? [a.lower, a.upper] : [a.upper, a.lower];
      const middle = t.add(t.dot(low, t.relu(center)), t.dot(high, t.min(center, 0)));
      const reach = t.mul(norm(context, t.max(t.abs(a.lower), t.abs(a.upper)), dual(p)), context.values["eps"]!);
      return side === "lower" ? t.sub(middle, reach) : t.add(middle, reach);
    },
    sample: (site, { values }, random) => {
      const steps = Array.from({ length: axesOf(site.shape) }, () => random() * 2 - 1);
      const length = steps.reduce((sum, step) => sum + Math.abs(step) ** p, 0) ** (1 / p);
      const reach = random() < 0.7 ? 1 : random();
      return tensor(
        site.shape,
        steps.map(
          (step, i) => site.center.data[i]! + (step / Math.max(length, 1e-30)) * reach * values["eps"]!.data[0]!,
        ),
      );
    },
    project: (context, x) => {
      const { t, center, values } = context;
      const step = t.sub(x, center);
      return t.add(center, t.mul(step, t.min(t.div(values["eps"]!, norm(context, step, p)), 1)));
    },
  };
  return definePerturbation<Ball>({ ...right, ...(typeof mistake === "function" ? mistake(right) : mistake) });
}

function support(context: Context, a: Tensor, side: "lower" | "upper", q: number): Tensor {
  const { t, center, values } = context;
  const reach = t.mul(norm(context, a, q), values["eps"]!);
  return side === "lower" ? t.sub(t.dot(a, center), reach) : t.add(t.dot(a, center), reach);
}

/** The set as it should be: what the laws must accept. */
export const rightBall: Perturbation = ball(3, {});

export const wrongPerturbations: readonly WrongPerturbation[] = [
  {
    mistake: "the L3 ball is concretized by the L2 norm",
    law: "concretizationCoversSamples",
    perturbation: ball(3, { concretize: (context, a, side) => support(context, a, side, 2) }),
  },
  {
    mistake: "the L2 ball is concretized by the L1 norm: sound, and reached by no point",
    law: "concretizationIsReached",
    perturbation: ball(2, { concretize: (context, a, side) => support(context, a, side, 1) }),
  },
  {
    mistake: "the sides are swapped",
    law: "concretizationCoversSamples",
    perturbation: ball(2, ({ concretize }) => ({
      concretize: (context, a, side) => concretize(context, a, side === "lower" ? "upper" : "lower"),
    })),
  },
  {
    mistake: "the hull has half the radius",
    law: "hullContainsSamples",
    perturbation: ball(2, {
      hull: ({ t, center, values }) => ({
        lower: t.sub(center, t.mul(values["eps"]!, 0.5)),
        upper: t.add(center, t.mul(values["eps"]!, 0.5)),
      }),
    }),
  },
  {
    mistake: "the concretization is larger than the hull's",
    law: "concretizationWithinHull",
    perturbation: ball(2, ({ hull }) => ({
      concretize: (context, a, side) => (hull(context), context.t.mul(support(context, a, side, 1), 1.01)),
    })),
  },
  {
    mistake: "samples are drawn from the hull",
    law: "samplesAreInside",
    perturbation: ball(2, {
      sample: (site, { values }, random) =>
        tensor(
          site.shape,
          Array.from(site.center.data, (center) => center + (random() * 2 - 1) * values["eps"]!.data[0]!),
        ),
    }),
  },
  {
    mistake: "points are projected into the hull",
    law: "projectionLands",
    perturbation: ball(2, {
      project: ({ t, center, values }, x) =>
        t.max(t.min(x, t.add(center, values["eps"]!)), t.sub(center, values["eps"]!)),
    }),
  },
  { mistake: "a ball calls itself a box", law: "boxesAreHulls", perturbation: ball(2, { isBox: () => true }) },
  {
    mistake: "the norm has no gradient at zero",
    law: "finiteAtZero",
    perturbation: ball(2, {
      concretize: ({ t, center, values }, a, side) => {
        const reach = t.mul(t.sqrt(t.sum(t.square(a))), values["eps"]!);
        return side === "lower" ? t.sub(t.dot(a, center), reach) : t.add(t.dot(a, center), reach);
      },
    }),
  },
  {
    mistake: "a range of coefficients is taken by its middle",
    law: "rangesCoverCoefficients",
    perturbation: ball(2, {
      concretizeRange: (context, a, side) =>
        support(context, context.t.mul(context.t.add(a.lower, a.upper), 0.5), side, 2),
    }),
  },
  {
    mistake: "parsing writes into the query",
    law: "parsesPurely",
    perturbation: ball(2, ({ parse }) => ({
      parse: (query, site) => parse(Object.assign(query, { eps: 2 }) as PerturbationQuery, site),
    })),
  },
  {
    mistake: "the structure, which identifies programs, holds an array of numbers",
    law: "parsesPurely",
    perturbation: ball(2, ({ parse }) => ({
      parse: (query, site) => ({ ...parse(query, site), structure: { p: 2, radii: Float64Array.of(1) } as Ball }),
    })),
  },
  {
    mistake: "concretizing counts its calls",
    law: "recordsTheSame",
    perturbation: ball(2, ({ concretize }) => ({
      concretize: (context, a, side) => context.t.mul(concretize(context, a, side), 1 + 1e-12 * ++calls),
    })),
    passes: ["concretizationCoversSamples", "concretizationIsReached"],
  },
  {
    mistake: "the radius grows with the distance between the centers of a batch",
    law: "instancesAreApart",
    perturbation: ball(2, ({ concretize }) => ({
      concretize: (context, a, side) => {
        const { t, center, values } = context;
        const apart = t.sum(t.abs(t.sub(overInstances(t, center), center)));
        return concretize({ ...context, values: { eps: t.add(values["eps"]!, apart) } }, a, side);
      },
    })),
    passes: ["concretizationCoversSamples", "concretizationIsReached", "recordsTheSame", "runtimesAgree"],
  },
  {
    mistake: "what float64 keeps of a concretization cancels in float32",
    law: "runtimesAgree",
    perturbation: ball(2, ({ concretize }) => ({
      concretize: (context, a, side) => context.t.sub(context.t.add(concretize(context, a, side), 2 ** 18), 2 ** 18),
    })),
    passes: ["concretizationCoversSamples", "concretizationIsReached", "recordsTheSame", "instancesAreApart"],
  },
];
