/**
 * The Node side of plugins: finds them by their manifests, loads those that the project allows, says what they cover.
 */
export { findProject } from "./project.js";
export { discoverPlugins, type Discovery, type FoundPlugin } from "./discover.js";
export { examinePlugins, loadPlugins, type Examination, type LoadOptions } from "./load.js";
export { bringsOf, type Brings } from "./brings.js";
export { culpritOf, inTheNameOf } from "./blame.js";
export { catalogueOf } from "./catalogue.js";
export {
  coverage,
  type Coverage,
  type CoverageOptions,
  type CoveredNode,
  type CoveredPart,
  type Tightness,
} from "./coverage.js";
