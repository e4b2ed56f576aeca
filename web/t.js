/* t.js: Pennypost on a landing page. Put <script src="https://YOUR-HOST/t.js" defer></script> on every page of the way from the Starting URL
 * to the Goal URL. It tells the house which pages a visitor of a personal URL sees; the house knows which of them is the goal. Elements
 * with data-pennypost="first_name" get the person's field, when the campaign gives it to its landing page. Without a personal URL
 * in the visit it does nothing. It sets no cookie: the code stays in the tab (sessionStorage). */
(function () {
  "use strict";
  var script = document.currentScript;
  if (!script) return;
  var base = script.src.replace(/t\.js([?#].*)?$/, "t/"), store = null, pass, last;
  try { store = window.sessionStorage; } catch (e) { /* forbidden here: this page only */ }

  /* The code, a hyphen, the visit's number: from the address, else from the page before. */
  pass = new URLSearchParams(location.search).get("pp") || (store && store.getItem("pennypost"));
  if (!pass || !/^[0-9a-z]{12}(-[0-9]{1,19})?$/i.test(pass)) return;
  if (store) store.setItem("pennypost", pass);
  var code = pass.slice(0, 12), visit = pass.slice(13);

  function report() {
    if (location.href === last) return;
    last = location.href;
    var body = JSON.stringify({ visit: visit, url: last }); /* as text/plain, so that no browser asks first */
    if (navigator.sendBeacon && navigator.sendBeacon(base + code, body)) return;
    fetch(base + code, { method: "POST", body: body, keepalive: true, credentials: "omit" }).catch(function () {});
  }

  function fill(fields) {
    document.querySelectorAll("[data-pennypost]").forEach(function (element) {
      var value = fields[element.getAttribute("data-pennypost")];
      if (value) element.textContent = value; /* else what the page says to everybody stays */
    });
  }

  /* pennypost.person().then(function (fields) { … }): for pages that do more with it. */
  var asked = null;
  function person() {
    asked = asked || fetch(base + code, { credentials: "omit" }).then(function (answer) {
      return answer.ok ? answer.json() : { fields: {} };
    }).then(function (answer) { return answer.fields; }).catch(function () { return {}; });
    return asked;
  }
  window.pennypost = { code: code, person: person, report: report };

  function begin() {
    report();
    if (document.querySelector("[data-pennypost]")) person().then(fill);
  }
  function ready() {
    if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin);
    else begin();
  }
  /* A page that is fetched ahead was not seen. */
  if (document.prerendering) document.addEventListener("prerenderingchange", ready, { once: true });
  else ready();

  /* Pages that change their address without being loaded. */
  var push = history.pushState;
  history.pushState = function () { push.apply(history, arguments); report(); };
  addEventListener("popstate", report);
})();
