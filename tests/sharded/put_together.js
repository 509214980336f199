// Makes replica sets of the members, and of those a cluster. Run again, it finds everything done. For mongosh, which
// throws whatever a server refuses.
const DEADLINE = Date.now() + 120_000; // elections and the start of mongos take seconds, pulled images more

function until(what, attempt) {
  for (;;) {
    try {
      return attempt();
    } catch (error) {
      if (Date.now() > DEADLINE) {
        throw new Error(`${what}: ${error.message}`);
      }
      sleep(500);
    }
  }
}

function initiate(name) {
  const admin = until(name, () => new Mongo(`mongodb://${name}:27018/?directConnection=true`)).getDB("admin");
  try {
    admin.runCommand({
      replSetInitiate: { _id: name, configsvr: name === "config", members: [{ _id: 0, host: `${name}:27018` }] },
    });
  } catch (error) {
    if (error.codeName !== "AlreadyInitialized") {
      throw error;
    }
  }
}

["config", "shard-0", "shard-1"].forEach(initiate);
const mongos = until("mongos", () => new Mongo("mongodb://mongos:27017/")).getDB("admin");
for (const name of ["shard-0", "shard-1"]) {
  until(name, () => mongos.runCommand({ addShard: `${name}/${name}:27018`, name }));
}
print("The cluster has two shards: mongodb://127.0.0.1:27017/");
