// The customer's page made quicker: steps change, and answers go out, without a reload. Everything works without it.
// It is squeezed and carried inside the page, at most 2 kB; squeezing.py says which habits that asks for.
(() => {
  const page = document;
  const on = addEventListener;
  const all = (selector) => [...page.querySelectorAll(selector)];
  const data = () => page.body.dataset;
  let told;
  let sent;
  let timer;
  let waits;
  let repaint;

  const focus = () => {
    scrollTo(0, 0);
    [...all("[role=alert]"), ...all("h1")].find((part) => part.offsetParent).focus();
  };

  const show = (step) => {
    const hero = all(".hero").find((part) => part.dataset.w == step);
    if (!hero) return;
    all("[data-w]").forEach((part) => (part.hidden = !part.matches(`[data-w~=${step}]`)));
    all(".top")[0].className = hero.dataset.top;
    page.title = hero.querySelector("h1").textContent;
    focus();
  };

  // A parsed document's scripts never run.
  const swap = (html) => {
    history.replaceState(0, 0, location.href.replace(/step=\w+&?/, ""));
    page.documentElement.replaceWith(new DOMParser().parseFromString(html, "text/html").documentElement);
    focus();
  };

  const send = () => {
    // What was sent before that came is kept by nobody but this.
    const deliver = self.deliver;
    clearTimeout(timer);
    (deliver || fetch)(sent.url, sent)
      .then((reply) => {
        if (reply.status > 499 || [408, 429].includes(reply.status)) throw 0;
        return reply.json();
      })
      .then((result) => {
        repaint = sent = 0;
        result.page ? swap(result.page.html) : location.reload();
      })
      .catch(() => {
        repaint?.();
        repaint = 0;
        // Kept by app/answers.js, which says so and goes on trying.
        if (deliver && self.deliver) return (sent = 0);
        const note = all("#say")[0];
        note.textContent = data().failed;
        note.hidden = 0;
        timer = setTimeout(send, (waits *= waits < 64 ? 2 : 1) * 1e3);
      });
  };

  on("submit", (event) => {
    const button = event.submitter;
    const token = button?.dataset.token;
    if (!token) return;
    event.preventDefault();
    if (repaint) return;
    const input = Object.fromEntries(new FormData(event.target));
    const body = JSON.stringify({ input: input, revision: +input.revision, step: input.step });
    const url = "/a/" + token + location.search;
    // The same answer keeps its key however often it is tried, so that it counts once.
    if (sent?.url != url || sent.body != body)
      sent = {
        url: url,
        method: "POST",
        headers: {
          "Content-Type": "application/json",
          // A UUID; crypto.randomUUID is there with https alone.
          "Idempotency-Key": URL.createObjectURL(new Blob()).slice(-36),
        },
        body: body,
      };
    const face = button.innerHTML;
    repaint = () => (button.innerHTML = face);
    button.textContent = data().sending;
    waits = 1;
    send();
  });

  on("online", () => sent && !repaint && send());

  on("click", (event) => {
    const link = event.target.closest("a");
    if (!link || event.metaKey || event.ctrlKey) return;
    const step = link.dataset.go;
    // A preview, which has no page, leads nowhere.
    if (!step && data().page) return;
    event.preventDefault();
    if (data().page) history.pushState(step, "", link.href);
    show(step);
  });

  on("popstate", (event) => show(event.state || data().step));

  // The button repeats the choice.
  on("change", (event) => {
    const choice = event.target;
    const button = choice.form?.querySelector("[data-chosen]");
    if (button) button.lastChild.data = button.dataset.chosen.replace("%", choice.dataset.says);
  });

  // A person looks, in a language they may have chosen: a page that is fetched or drawn ahead is hidden.
  const look = () => {
    const place = data().opened;
    told ||= place && !page.hidden && navigator.sendBeacon(place + location.search.replace("?", "&"));
  };
  on("visibilitychange", look);
  look();

  // All that the page does beyond this, in app/main.js, comes when it has been seen; a page that is kept has it already.
  const more = data().more;
  more && requestAnimationFrame(() => setTimeout(() => import(more), 2e2));
})();
