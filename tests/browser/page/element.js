// SPDX-License-Identifier: GPL-3.0-or-later
// A page of somebody else with our call button: gives it its attributes and notes what it says.
const phone = document.querySelector("web-phone");

phone.addEventListener("web-phone-state", ({ detail: { state, error } }) => lab.note(state, { error: error?.name }));
lab.configure = (attributes) => {
  for (const [name, value] of Object.entries(attributes)) phone.setAttribute(name, value);
};
lab.states = () => lab.events.map(({ what }) => what);
lab.ready = true;
