// Requests tried out here go to the origin that served this page: a page opened as localhost may not call 127.0.0.1.
fetch("/openapi.json").then((answer) => answer.json()).then((spec) => {
  const here = window.location.origin;
  if (!spec.servers.some((server) => server.url === here)) {
    spec.servers.unshift({ url: here, description: "the address of this page" });
  }
  window.ui = SwaggerUIBundle({
    spec: spec,
    dom_id: "#docs",
    deepLinking: true,
    docExpansion: "none",
    filter: true,
    persistAuthorization: true,
    tryItOutEnabled: true,
    validatorUrl: null,
  });
});
