// SPDX-License-Identifier: GPL-3.0-or-later
import { render } from "preact";
import { notice } from "./app_state";
import { loadConfig } from "./config";
import { startEffects } from "./effects";
import { loadLanguage } from "./i18n";
import { takeInterrupted, watchLeaving } from "./interrupted";
import { loadNumberTables } from "./number_format";
import { App, PhoneScreen } from "./panels/app";
import { dialAgain, startTakingCalls } from "./phone_call";
import { followPageCache } from "./phone_line";
import { applyTheme } from "./preferences";
import { startShortcuts } from "./shortcuts";
import { followDevices } from "./sound_devices";
import "./styles/base.css";
import "./styles/frame.css";
import "./styles/sign_in.css";

applyTheme();
loadLanguage();
startEffects();
startShortcuts();
watchLeaving();
followPageCache();
startTakingCalls();
followDevices(dialAgain);
void loadConfig();

const interrupted = takeInterrupted();
if (interrupted) notice.value = { key: "ended.reloaded", who: interrupted };

const root = document.querySelector("#app");
if (root) render(<App />, root);

const whenIdle = (work: () => void): unknown =>
  "requestIdleCallback" in window ? requestIdleCallback(work) : setTimeout(work, 500);
whenIdle(() => {
  PhoneScreen.fetch();
  loadNumberTables();
});
