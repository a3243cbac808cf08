// SPDX-License-Identifier: GPL-3.0-or-later
// The same stories in stock Firefox, in a network of the test's own: see namespace.mjs.
import { FirefoxDrive } from "../lib/drive/firefox.mjs";
import { ADDRESS, enterNamespace } from "../lib/namespace.mjs";
import { tellPhoneStories } from "./stories/phone_stories.mjs";

enterNamespace();
tellPhoneStories(import.meta.url, FirefoxDrive, ADDRESS);
