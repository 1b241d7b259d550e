/** What `--help` says after the options. A test runs the examples. */

const EXIT_CODES = `
Exit codes:
  0    done
  64   wrong usage: unknown command, option, method or output
  65   bad input: the model, its operators where nobody knows them, the query,
       a perturbation, a shape
  69   cannot be done here: the plugin of an operator or perturbation is missing
       or cannot be loaded, an attribute is not supported, an execution provider
       is not there, the memory budget is too small
  70   an internal error; LIRPA_DEBUG=1 shows where
  130  interrupted by Ctrl-C`;

export const rootHelp: string = `
Examples:
  $ lirpa bounds model.onnx --query query.json
  $ lirpa coverage model.onnx
  $ lirpa plugins
  $ lirpa bounds --help
${EXIT_CODES}`;

export const coverageHelp: string = `
"tight" means that a rule carries linear bounds through the node; "loose", that a
method knows only the node's interval and starts again from it. A node whose
operator is replaced by others is followed by these; "fused" nodes are a formula that
another node stands for. Ends with 69 where a node is not covered.

Examples:
  $ lirpa coverage model.onnx
  $ lirpa coverage model.onnx --json
${EXIT_CODES}`;

export const pluginsHelp: string = `
The project is the nearest package.json from the current folder upwards. It
allows plugins by name, or by a path to a file or folder; only those are ever
imported:

  "lirpa": { "plugins": ["lirpa-plugin-example", "./rules/shrink.js"] }

They bring operators, perturbations and methods. Suggested are packages among the
project's dependencies that say in their manifest that they are plugins. "doctor"
ends with 69 where something is wrong.

Examples:
  $ lirpa plugins
  $ lirpa plugins --json
  $ lirpa plugins doctor
${EXIT_CODES}`;

export const boundsHelp: string = `
The query is JSON: a center for each input, flat in row-major order, and a set
around it; an input without a perturbation is fixed. Each row of "spec" combines
outputs; without it, every output is bounded. A list of such matrices is one for
each instance.

  {
    "inputs": [{
      "name": "x", "center": [0.5, -0.25],
      "perturbation": { "type": "linf", "eps": 0.1 }
    }],
    "spec": [[1, -1]]
  }

Results go to standard output, everything else to standard error. Tables round
outwards, --json does not round. An infinite bound in JSON is the number 1e999 or
-1e999, which JSON.parse and Python's json.loads read as infinity.

The program that --save writes takes "center:<input>", "set:<input>:<field>" and,
with a spec, "rows", and gives "lower" and "upper". All have two leading axes:
instances and rows.

Examples:
  $ lirpa bounds model.onnx --query query.json
  $ lirpa bounds model.onnx --query query.json --method ibp,crown --json
  $ lirpa bounds model.onnx --query - < query.json
  $ lirpa bounds model.onnx --query query.json --explain
  $ lirpa bounds model.onnx --query query.json -m crown-ibp --save bounds.onnx
${EXIT_CODES}`;

export const doctorHelp: string = `
It takes --json as well.

Examples:
  $ lirpa plugins doctor
  $ lirpa plugins doctor --json
${EXIT_CODES}`;
