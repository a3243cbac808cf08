// SPDX-License-Identifier: GPL-3.0-or-later
import { render } from "preact";
import { loadConfig } from "./config";
import { startEffects } from "./effects";
import { loadLanguage } from "./i18n";
import { App } from "./panels/app";
import { applyTheme } from "./preferences";
import { startShortcuts } from "./shortcuts";
import "./styles/base.css";
import "./styles/panels.css";

applyTheme();
loadLanguage();
startEffects();
startShortcuts();
void loadConfig();

const root = document.querySelector("#app");
if (root) render(<App />, root);
