"use strict";
// One step at a time: `here` marks the step, its line of the program, and in each cell what it shows by then.
{
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const byId = (id) => document.getElementById(id);
  const steps = all(".step");
  const lines = all(".program li");
  const iterations = all(".iteration");
  const first = Number(steps[0].id);
  const last = Number(steps[steps.length - 1].id);
  const slider = byId("slider");
  let position = null;

  function show(wanted) {
    wanted = Math.min(Math.max(Math.round(wanted) || first, first), last);
    if (wanted === position) return;
    position = wanted;
    const step = steps[position - first];
    steps.forEach((each) => each.classList.toggle("here", each === step));
    document.documentElement.dataset.phase = step.dataset.phase;
    lines.forEach((line, index) => line.classList.toggle("here", String(index) === step.dataset.line));
    const iteration = step.closest(".iteration") || iterations[0];
    iterations.forEach((each) => each.classList.toggle("here", each === iteration));
    all(".values td, .updates td", iteration).forEach(fill);
    all(".program li.here, .values .now, .updates .now, .step.here .product tr:last-child").forEach(reveal);
    slider.value = position;
    slider.setAttribute("aria-valuetext", `${position} of ${last}`);
    byId("count").textContent = `${position} / ${last}`;
    byId("home").disabled = byId("back").disabled = position === first;
    byId("end").disabled = byId("forward").disabled = position === last;
    byId("status").textContent = all(".place, .sentence, .equation > div, .stop, .note", step)
      .map((part) => part.textContent)
      .join(" ");
    history.replaceState(null, "", `#${position}`);
  }

  function fill(cell) {
    const versions = [...cell.children];
    const shown = versions.filter((each) => Number(each.dataset.at) <= position).pop();
    versions.forEach((each) => each.classList.toggle("here", each === shown));
    cell.classList.toggle("known", Boolean(shown && shown.textContent));
    cell.classList.toggle("now", Boolean(shown && position > 0 && Number(shown.dataset.at) === position));
  }

  // Scrolls the box that something stands in, and never the page.
  function reveal(element) {
    const box = element.closest(".box, ol");
    const inner = element.getBoundingClientRect();
    const outer = box.getBoundingClientRect();
    if (inner.top < outer.top || inner.bottom > outer.bottom || inner.left < outer.left || inner.right > outer.right) {
      box.scrollBy(
        inner.left + inner.width / 2 - outer.left - outer.width / 2,
        inner.top + inner.height / 2 - outer.top - outer.height / 2,
      );
    }
  }

  const keys = {
    ArrowRight: () => show(position + 1),
    ArrowLeft: () => show(position - 1),
    s: () => show(position + 1),
    S: () => show(position - 1),
    Home: () => show(first),
    End: () => show(last),
  };
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || !Object.hasOwn(keys, event.key)) return;
    event.preventDefault();
    keys[event.key]();
  });
  slider.min = first;
  slider.max = last;
  slider.addEventListener("input", () => show(Number(slider.value)));
  byId("home").addEventListener("click", keys.Home);
  byId("back").addEventListener("click", keys.ArrowLeft);
  byId("forward").addEventListener("click", keys.ArrowRight);
  byId("end").addEventListener("click", keys.End);
  addEventListener("hashchange", () => show(Number(location.hash.slice(1))));
  document.documentElement.classList.add("stepping");
  show(Number(location.hash.slice(1)));
}
