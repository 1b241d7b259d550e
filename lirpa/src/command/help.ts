/** What `--help` says after the options. A test runs the examples. */

const EXIT_CODES = `
Exit codes:
  0    done
  64   wrong usage: unknown command, option, method or output
  65   bad input: the model (also an operator that nobody knows), the query, a perturbation, a shape
  69   cannot be done here: an operator or perturbation whose plugin is missing, an attribute that is not
       supported, an execution provider that is not there, a memory budget that is too small
  70   an internal error; LIRPA_DEBUG=1 shows where
  130  interrupted`;

export const rootHelp: string = `
Examples:
  $ lirpa bounds model.onnx --query query.json
  $ lirpa bounds --help
${EXIT_CODES}`;

export const boundsHelp: string = `
Query (JSON): a center for each input, flat in row-major order, and a set around it; an input without a perturbation is
fixed. The rows of "spec" are combinations of the outputs to bound; without it, every output is bounded.

  {
    "inputs": [{ "name": "x", "center": [0.5, -0.25], "perturbation": { "type": "linf", "eps": 0.1 } }],
    "spec": [[1, -1]]
  }

Results go to standard output, everything else to standard error. Numbers in tables are rounded outwards. With --json
the numbers are exact; a bound that is infinite is the number 1e999 or -1e999, which JSON.parse and Python's json.loads
read as infinity. A program saved by --save reads the inputs "center:<input>", "set:<input>:<field>" and "rows" (the
spec), with two leading axes, instances and rows, and gives "lower" and "upper".

Examples:
  $ lirpa bounds model.onnx --query query.json
  $ lirpa bounds model.onnx --query query.json --method ibp,crown --json
  $ lirpa bounds model.onnx --query - < query.json
  $ lirpa bounds model.onnx --query query.json --explain
  $ lirpa bounds model.onnx --query query.json --method crown-ibp --save bounds.onnx
${EXIT_CODES}`;
