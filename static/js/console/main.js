// Where every console screen's behaviour begins. Keys and jump box come along: somebody on a call does not wait for them.

import { startJump } from "./jump.js";
import { listenToKeys } from "./keys.js";
import { startAll } from "./start.js";

const jump = document.getElementById("jump");

listenToKeys(document.body);
if (jump) startJump(jump);
startAll(document);
