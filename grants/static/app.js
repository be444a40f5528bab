// Our own script, no dependency. Every page works without it. Under Trusted Types: text only, never markup.
import "./js/pages.js";
import "./js/times.js";
import "./js/forms.js";
import "./js/autosave.js";
import "./js/budget.js";
import "./js/uploads.js";
import "./js/dialogs.js";
import "./js/tables.js";
import "./js/rows.js";
import "./js/listing.js";
import "./js/marks.js";
import "./js/verdicts.js";
import "./js/jobs.js";
import "./js/live.js";
import "./js/bids.js";
