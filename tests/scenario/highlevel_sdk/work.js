// HighLevel's own client does what the connector can do, against the scripted peer: node work.js '{"modules": FOLDER, "peer": URL, "token": …, "refresh": …}'.
// Prints what it got, one member an operation; the peer keeps what it sent. Its API's address is a constant of its class.
const ask = JSON.parse(process.argv[2]);
const { HighLevel, UserType } = require(ask.modules + "/@gohighlevel/api-client");
HighLevel.BASE_URL = ask.peer;

const LOCATION = "loc_1";
const out = {};

async function does(name, promise) {
  try {
    out[name] = await promise;
  } catch (e) {
    out[name] = { refused: e.statusCode, message: e.message };
  }
  return out[name];
}

async function main() {
  const { contacts, workflows, locations, oauth } = new HighLevel({ privateIntegrationToken: ask.token, apiVersion: ask.version, logLevel: "none" });
  const made = await does("create_contact", contacts.createContact({ locationId: LOCATION, firstName: "Ada", email: "ada@example.com", tags: ["Lead"] }));
  const contactId = made.contact.id;
  await does("upsert_contact", contacts.upsertContact({ locationId: LOCATION, firstName: "Ada", lastName: "Doe", email: "ada@example.com", source: "Pennypost" }));
  await does("find_contact", contacts.getDuplicateContact({ locationId: LOCATION, email: "ada@example.com" }));
  await does("get_contact", contacts.getContact({ contactId }));
  await does("update_contact", contacts.updateContact({ contactId }, { city: "New York" }));
  await does("list_contacts", contacts.getContacts({ locationId: LOCATION, limit: 1 }));
  await does("search_contacts", contacts.searchContactsAdvanced({ locationId: LOCATION, pageLimit: 20 }));
  await does("add_tags", contacts.addTags({ contactId }, { tags: ["Postalytics Event: Mailed"] }));
  await does("remove_tags", contacts.removeTags({ contactId }, { tags: ["Postalytics Event: Mailed"] }));
  const note = (await does("add_note", contacts.createNote({ contactId }, { body: "Mailed: Spring card" }))).note;
  await does("list_notes", contacts.getAllNotes({ contactId }));
  await does("get_note", contacts.getNote({ contactId, id: note.id }));
  await does("update_note", contacts.updateNote({ contactId, id: note.id }, { body: "Mailed" }));
  await does("delete_note", contacts.deleteNote({ contactId, id: note.id }));
  await does("list_workflows", workflows.getWorkflow({ locationId: LOCATION }));
  await does("add_to_workflow", contacts.addContactToWorkflow({ contactId, workflowId: "wf_1" }, { eventStartTime: "2026-06-23T03:30:00+01:00" }));
  await does("leave_workflow", contacts.deleteContactFromWorkflow({ contactId, workflowId: "wf_1" }, { eventStartTime: "2026-06-23T03:30:00+01:00" }));
  await does("create_tag", locations.createTag({ locationId: LOCATION }, { name: "Postalytics Event: Mailed" }));
  await does("list_tags", locations.getLocationTags({ locationId: LOCATION }));
  await does("refused", contacts.getContact({ contactId: "nobody" }));
  await does("delete_contact", contacts.deleteContact({ contactId }));
  await does("renewed", oauth.refreshToken(ask.refresh, "app", "app-secret", "refresh_token", UserType.Location));
  console.log(JSON.stringify(out));
}
main().catch((e) => { console.error(e); process.exit(1); });
