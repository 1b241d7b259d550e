import { parse, View } from "vega";
import { compile, type TopLevelSpec } from "vega-lite";
import type { CurvePoint } from "./curves.js";

/** What the picture shows. */
export interface Picture {
  readonly pixels: readonly number[];
  readonly label: number;
  readonly curves: readonly CurvePoint[];
  /** Certified radii by method. */
  readonly radii: Readonly<Record<string, number>>;
}

/** Okabe and Ito's colours, which colour-blind readers can tell apart. */
const PREDICTED = "#D55E00";
const OTHER = "#0072B2";
const INK = "#333333";
const FONT = "Helvetica, Arial, sans-serif";
const WIDTH = 880;
const DIGIT = 168;

/** An SVG: the bounds of each class's logit as eps grows, and below them the bound that decides. */
export async function drawBounds(picture: Picture): Promise<string> {
  const { spec } = compile(specOf(picture));
  const view = new View(parse(spec), { renderer: "none" });
  const svg = await view.toSVG();
  view.finalize();
  // Coordinates have sixteen digits; two after the point are enough.
  return svg.replace(/\d+\.\d{5,}/g, (number) => Number(number).toFixed(2));
}

function specOf(picture: Picture): TopLevelSpec {
  const { label } = picture;
  return {
    background: "white",
    padding: 16,
    title: {
      text: `What becomes of a ${label}: proved bounds of its logits`,
      subtitle: [
        "over all images that differ from the digit by at most eps in each pixel",
        `(dashed: CROWN's lower bound of the predicted class)`,
      ],
      anchor: "start",
      fontSize: 19,
      subtitleFontSize: 13,
      subtitlePadding: 6,
      offset: 16,
    },
    config: {
      font: FONT,
      view: { stroke: "#dddddd" },
      axis: {
        labelFontSize: 11,
        titleFontSize: 12,
        titleFontWeight: "normal",
        gridColor: "#eeeeee",
        domainColor: "#bbbbbb",
        tickColor: "#bbbbbb",
        labelColor: INK,
        titleColor: INK,
      },
      legend: { labelFontSize: 12, titleFontSize: 12, titleFontWeight: "normal" },
      title: { color: INK, subtitleColor: "#666666" },
    },
    spacing: 26,
    resolve: { scale: { color: "independent", opacity: "independent" } },
    vconcat: [panels(picture), { spacing: 40, hconcat: [digit(picture), decision(picture)] }],
  } as TopLevelSpec;
}

/** One panel per class; the predicted class's lower bound returns in the panels of the others. */
function panels({ label, curves }: Picture): object {
  const who = (own: boolean): string => (own ? `the predicted class, ${label}` : "another class");
  const values = curves.flatMap(({ method, eps, lower, upper }) =>
    lower.map((low, i) => ({
      by: `by ${method.toUpperCase()}`,
      eps,
      class: i,
      who: who(i === label),
      lower: low,
      upper: upper[i]!,
      rival: lower[label]!,
    })),
  );
  const ends = curves.filter(({ method }) => method === "crown").flatMap(({ lower, upper }) => [...lower, ...upper]);
  const scale = { domain: [Math.floor(Math.min(...ends)), Math.ceil(Math.max(...ends))], nice: false };
  const legend = {
    orient: "bottom",
    direction: "horizontal",
    title: null,
    labelLimit: 400,
    symbolType: "square",
    symbolSize: 140,
    symbolStrokeWidth: 0,
  };
  return {
    data: { values },
    columns: 5,
    spacing: 16,
    facet: {
      field: "class",
      type: "ordinal",
      header: {
        title: null,
        labelExpr: "'class ' + datum.value",
        labelFontSize: 13,
        labelFontWeight: "bold",
        labelPadding: 5,
        labelColor: INK,
      },
    },
    spec: {
      width: (WIDTH - 4 * 16) / 5,
      height: 130,
      layer: [
        {
          mark: { type: "area", clip: true, line: { strokeWidth: 0.8 } },
          encoding: {
            x: epsAxis(4),
            y: { field: "lower", type: "quantitative", title: "logit", scale },
            y2: { field: "upper" },
            color: {
              field: "who",
              type: "nominal",
              scale: { domain: [who(true), who(false)], range: [PREDICTED, OTHER] },
              legend,
            },
            opacity: {
              field: "by",
              type: "ordinal",
              scale: { domain: ["by CROWN", "by IBP"], range: [0.75, 0.28] },
              legend: { ...legend, symbolFillColor: INK },
            },
          },
        },
        {
          transform: [{ filter: `datum.by == 'by CROWN' && datum.class != ${label}` }],
          mark: { type: "line", clip: true, strokeDash: [4, 3], strokeWidth: 1.5, color: PREDICTED },
          encoding: { x: epsAxis(4), y: { field: "rival", type: "quantitative" } },
        },
      ],
    },
  };
}

function epsAxis(tickCount: number): object {
  return { field: "eps", type: "quantitative", title: "eps", axis: { tickCount }, scale: { nice: false } };
}

/** The image, pixel by pixel. */
function digit({ pixels }: Picture): object {
  const values = pixels.flatMap((ink, i) => (ink > 0 ? [{ row: Math.floor(i / 28), column: i % 28, ink }] : []));
  const side = (field: string, domain: readonly number[]): object => ({
    field,
    type: "quantitative",
    axis: null,
    scale: { domain, nice: false },
  });
  return {
    title: { text: "the digit", fontSize: 13, fontWeight: "bold" },
    data: { values },
    transform: [
      { calculate: "datum.row + 1.05", as: "nextRow" },
      { calculate: "datum.column + 1.05", as: "nextColumn" },
    ],
    width: DIGIT,
    height: DIGIT,
    mark: { type: "rect", strokeWidth: 0 },
    encoding: {
      x: side("column", [0, 28]),
      x2: { field: "nextColumn" },
      y: side("row", [28, 0]),
      y2: { field: "nextRow" },
      color: {
        field: "ink",
        type: "quantitative",
        scale: { domain: [0, 255], range: ["#ffffff", "#222222"] },
        legend: null,
      },
    },
  };
}

/** The bound of the smallest margin by each method; where it meets zero the proof ends. */
function decision({ label, curves, radii }: Picture): object {
  const values = curves.map(({ method, eps, margin }) => ({ method: method.toUpperCase(), eps, margin }));
  const ends = Object.entries(radii).map(([method, eps]) => ({
    eps,
    margin: 0,
    says: `${method.toUpperCase()}: ${eps.toFixed(4)}`,
  }));
  const greatest = Math.ceil(Math.max(...values.map(({ margin }) => margin)));
  const scale = { domain: [-greatest / 2, greatest], nice: false };
  const encoding = {
    x: epsAxis(8),
    y: { field: "margin", type: "quantitative", title: "lower bound", axis: { tickCount: 5 }, scale },
  };
  const strokeDash = {
    field: "method",
    type: "nominal",
    scale: {
      domain: ["CROWN", "IBP"],
      range: [
        [1, 0],
        [5, 4],
      ],
    },
    legend: null,
  };
  return {
    title: { text: `logit ${label} minus the greatest other: proved while above 0`, fontSize: 13, fontWeight: "bold" },
    width: WIDTH - DIGIT - 82,
    height: DIGIT,
    layer: [
      { data: { values: [{}] }, mark: { type: "rule", color: "#888888" }, encoding: { y: { datum: 0, scale } } },
      {
        data: { values },
        mark: { type: "line", clip: true, color: INK, strokeWidth: 2 },
        encoding: { ...encoding, strokeDash },
      },
      { data: { values: ends }, mark: { type: "point", filled: true, size: 80, color: INK, opacity: 1 }, encoding },
      {
        data: { values: ends },
        mark: { type: "text", align: "left", dx: 9, dy: -11, fontSize: 12.5, color: INK },
        encoding: { ...encoding, text: { field: "says" } },
      },
    ],
  };
}
