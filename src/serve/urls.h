/* urls.h - the URLs that are answered here, without a provider. */
#ifndef BOURSE_SERVE_URLS_H
#define BOURSE_SERVE_URLS_H

struct exchange;

void url_models(struct exchange *exchange);
void url_model(struct exchange *exchange);
void url_livez(struct exchange *exchange);
void url_readyz(struct exchange *exchange);
void url_metrics(struct exchange *exchange);
void url_status(struct exchange *exchange);
void url_decision(struct exchange *exchange);
void url_reload(struct exchange *exchange);

#endif
