/* local.h - the URLs that are answered here, without a provider. */
#ifndef BOURSE_SERVE_LOCAL_H
#define BOURSE_SERVE_LOCAL_H

struct exchange;

void local_models(struct exchange *exchange);
void local_model(struct exchange *exchange);
void local_livez(struct exchange *exchange);
void local_readyz(struct exchange *exchange);
void local_metrics(struct exchange *exchange);
void local_status(struct exchange *exchange);
void local_decision(struct exchange *exchange);
void local_reload(struct exchange *exchange);

#endif
