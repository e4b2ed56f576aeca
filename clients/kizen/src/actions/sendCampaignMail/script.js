// Send Campaign Mail, by hand from a contact's page. The server reads the contact with its own connection to Kizen, so this script hands on
// numbers only; the request goes through Kizen's service proxy, which adds the authorization. A failure stays on the screen until it is closed.

const ENDPOINT = this.config?.endpoint ?? "";
const CONNECTION = this.config?.connection_id ?? "";

const fail = (text) => this.showToast(text, { variant: "failure", autohide: false });

// The server's own sentence, wherever the proxy has put it.
const sentence = (error) => {
  const body = error?.response?.data ?? error?.data ?? error;
  const text = body?.error?.message ?? body?.message ?? (typeof body === "string" ? body : null);
  return text ?? "The mail was not sent, and the mail server did not say why.";
};

if (!ENDPOINT || !CONNECTION) {
  fail("Set the campaign's endpoint and the connection's number in the app's configuration.");
  return;
}

const [answer, error] = await this.postWithErrors(this.getServiceUrl("pennypost", "/v1/actions/send-campaign-mail"), {
  endpoint: ENDPOINT,
  connection_id: CONNECTION,
  contact_id: this.entityId,
});

if (error) {
  fail(sentence(error));
  return;
}
if (!answer?.["send-date"]) {
  fail("The mail server's answer has no send-date. Look whether the piece was made before sending it again.");
  return;
}
this.showToast("The mail is on its way.", { variant: "success" });
