// Sending JSON to our own server.

export const post = (place, body, headers, signal) =>
  fetch(place, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...headers },
    body: body,
    signal: signal,
  });
