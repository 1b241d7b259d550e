import { describeMethod } from "@lirpa/conformance";
import { standardMethods } from "@lirpa/core";
for (const m of standardMethods) describeMethod(m);
