// jsforce does what the connector does, against the scripted peer: node work.js '{"modules": FOLDER, "peer": URL, "record": ID, "field": NAME, "drop": N}'.
// Prints what it got; the peer keeps what it sent.
const ask = JSON.parse(process.argv[2]);
const value = ask.value || "Mailed";
const jsforce = require(ask.modules + "/jsforce");

async function main() {
  const conn = new jsforce.Connection({ instanceUrl: ask.peer, accessToken: "t", version: "62.0" });
  const out = {};
  out.query = (await conn.query("SELECT Id FROM Contact WHERE Email = 'ann0@example.com'")).totalSize;
  out.all = (await conn.query("SELECT Id, FirstName FROM Contact", { autoFetch: true })).records.length;
  out.describe = (await conn.sobject("Contact").describe()).fields.length > 0;
  const label = `Postalytics Mail Drop ${ask.drop} Event Status`;
  out.field = (await conn.tooling.sobject("CustomField").create({ FullName: `Contact.${ask.field}`, Metadata: { label, type: "Text", length: 255 } })).success;
  try {
    await conn.tooling.sobject("CustomField").create({ FullName: `Contact.${ask.field}`, Metadata: { label, type: "Text", length: 255 } });
  } catch (e) {
    out.again = e.errorCode;
  }
  try {
    await conn.sobject("Contact").update([{ Id: ask.record, [ask.field]: value }, { Id: ask.other, [ask.field]: value }]);
  } catch (e) {
    out.hidden = e.errorCode;
  }
  out.permission = (await conn.sobject("FieldPermissions").create({ ParentId: "0PS000000000001AAA", SobjectType: "Contact", Field: `Contact.${ask.field}`, PermissionsRead: true, PermissionsEdit: true })).success;
  out.rows = (await conn.sobject("Contact").update([{ Id: ask.record, [ask.field]: value }, { Id: ask.other, [ask.field]: value }])).map((r) => r.success);
  out.one = (await conn.sobject("Contact").update({ Id: ask.record, FirstName: "Anna" })).success;
  out.read = (await conn.sobject("Contact").retrieve(ask.record))[ask.field];
  const layout = await conn.metadata.read("Layout", "Contact-Contact Layout");
  out.layout = layout.fullName;
  out.updated = (await conn.metadata.update("Layout", layout)).success;
  out.limit = conn.limitInfo.apiUsage.limit;
  const oauth2 = new jsforce.OAuth2({ loginUrl: ask.peer, clientId: "3MVG9", clientSecret: "secret" });
  out.refreshed = (await oauth2.refreshToken("refresh-1")).access_token.length > 0;
  out.own = (await new jsforce.Connection({ oauth2, loginUrl: ask.peer, instanceUrl: ask.peer }).authorize({ grant_type: "client_credentials" })).organizationId;
  console.log(JSON.stringify(out));
}
main().catch((e) => { console.error(e); process.exit(1); });
