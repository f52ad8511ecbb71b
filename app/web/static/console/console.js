/* The console's scripts. Without them every page still works by links and forms. */

import "./live.js";
import "./forms.js";
import "./talk.js";
import "./canned.js";
import "./keys.js";
import "./presence.js";
import "./typing.js";
