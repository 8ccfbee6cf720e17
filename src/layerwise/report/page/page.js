"use strict";
// Draws every chart of the page, and brings one arm forward in all of them when its name is chosen.
// When it is done, the root element says so: data-charts is "drawn" or "failed".
(function () {
  const page = JSON.parse(document.getElementById("charts").textContent);
  const root = document.documentElement;
  const views = [];
  let chosen = null;

  const options = {
    mode: "vega-lite",
    renderer: "svg",
    actions: false,
    config: page.config,
    tooltip: { theme: "page", offsetX: 12, offsetY: 12 },
    loader: { load: () => Promise.reject(new Error("this page loads nothing")) },
  };

  function draw(place) {
    return window.vegaEmbed(place, page.charts[place.dataset.chart], options).then(
      (drawn) => {
        views.push(drawn.view);
        place.classList.add("drawn");
      },
      (error) => {
        place.textContent = "This chart could not be drawn: " + error.message;
        throw error;
      },
    );
  }

  function bringForward(name) {
    chosen = chosen === name ? null : name;
    for (const view of views) {
      if ("focus" in view.getState().signals) view.signal("focus", chosen).runAsync();
    }
    for (const button of document.querySelectorAll("[data-arm]")) {
      button.setAttribute("aria-pressed", String(page.arms[button.dataset.arm] === chosen));
    }
  }

  for (const button of document.querySelectorAll("[data-arm]")) {
    button.addEventListener("click", () => bringForward(page.arms[button.dataset.arm]));
  }

  Promise.all(Array.from(document.querySelectorAll("[data-chart]"), draw)).then(
    () => (root.dataset.charts = "drawn"),
    (error) => {
      root.dataset.charts = "failed";
      console.error(error);
    },
  );
})();
