/* operation.h: a connector's operations (connector.h), by name and from one JSON object of inputs, waiting for the answer. */
#pragma once
#include "links/call.h"

/* As connector_call. FAULT_USER 400 names the input that is missing, too much or wrong; then nothing was asked. */
bool connector_operate(const struct link_house *h, const struct connector *c, struct connection *to,
                       const struct connector_operation *op, struct json_value input, struct arena *a,
                       struct connector_answer *out, struct fault *f);
