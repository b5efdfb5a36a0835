/**
 * The second script, `a/seal.<lang>.js`, which comes while she reads the first page: the sealer, and
 * the texts of all that lies behind the first page.
 */

import texts from "aigaq:late-texts";

import "./sealer";

window.aigaqTexts = texts;
