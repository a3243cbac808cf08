// SPDX-License-Identifier: GPL-3.0-or-later
import { ChromiumDrive } from "../lib/drive/chromium.mjs";
import { tellPhoneStories } from "./stories/phone_stories.mjs";

tellPhoneStories(import.meta.url, ChromiumDrive);
