// Leaving for elsewhere: the server is told which of the page's own links somebody goes by, and never waited for.
export const tellOfLeaving = () =>
  addEventListener("click", (event) => {
    const link = event.target.closest("[data-leaves]");
    link && navigator.sendBeacon(link.dataset.leaves);
  });
