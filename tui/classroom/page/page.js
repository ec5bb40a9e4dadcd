"use strict";
// The terminal is textual.js's, which begins when it is loaded. Here: that its font is there before, that its
// connection is heard of, that it has the keys, and that the end is said.
const SMALLEST = 9, LARGEST = 16, COLUMNS = 80;
const terminal = document.getElementById("terminal");
let isOpen = false, isOver = false;

function say(what, why, link, address) {
  document.getElementById("what").textContent = what;
  document.getElementById("why").textContent = why;
  const again = document.getElementById("again");
  again.hidden = !link;
  again.textContent = link;
  again.href = address;
  document.getElementById("over").hidden = false;
  if (link) again.focus();
}

function heard(data) {
  if (typeof data !== "string") return;
  const [what, why] = JSON.parse(data);
  if (what !== "ended") return;
  isOver = true;
  if (why) say("The session has ended", `${why[0].toUpperCase()}${why.slice(1)}.`, "Join again", "/");
  else say("You have left the class", "", "Join again", "/");
}

function pause() {  // not all of a class at once
  return new Promise((then) => setTimeout(then, 1000 + 2000 * Math.random()));
}

async function lost() {
  if (isOver) return;
  if (!isOpen) return say("The class cannot be reached", "", "Try again", location.pathname);
  say("The connection was lost", "Trying to come back …", "", "");
  for (;;) {
    await pause();
    try {
      await fetch(location.pathname, { method: "HEAD" });
      return location.reload();
    } catch { /* not yet */ }
  }
}

function takeKeys() {
  terminal.querySelector("textarea")?.focus();
}

window.WebSocket = class extends WebSocket {
  constructor(address) {
    super(new URL(address, location.href).href.replace(/^http/, "ws"));
    this.addEventListener("open", () => { isOpen = true; takeKeys(); });
    this.addEventListener("message", (event) => heard(event.data));
    this.addEventListener("close", lost);
  }
};

window.addEventListener("load", async () => {
  const fitting = Math.floor(window.innerWidth / (0.6 * COLUMNS));  // a letter is 0.6 as wide as high
  terminal.dataset.fontSize = Math.min(Math.max(fitting, SMALLEST), LARGEST);
  terminal.dataset.sessionWebsocketUrl = `${location.pathname}/session`;
  await Promise.allSettled(["", "bold "].map((weight) => document.fonts.load(`${weight}16px "Roboto Mono"`)));
  const script = document.createElement("script");
  script.src = "/textual.js";
  script.onload = () => window.onload();
  document.body.append(script);
  window.addEventListener("focus", () => { if (!isOver) takeKeys(); });
});
