// Makes replica sets of the members, and of those a cluster. Run again, it finds everything done. For mongosh.
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
  const answer = admin.runCommand({
    replSetInitiate: { _id: name, configsvr: name === "config", members: [{ _id: 0, host: `${name}:27018` }] },
  });
  if (!answer.ok && answer.codeName !== "AlreadyInitialized") {
    throw new Error(`${name}: ${answer.errmsg}`);
  }
}

["config", "shard-0", "shard-1"].forEach(initiate);
const mongos = until("mongos", () => new Mongo("mongodb://mongos:27017/")).getDB("admin");
for (const name of ["shard-0", "shard-1"]) {
  until(name, () => {
    const answer = mongos.runCommand({ addShard: `${name}/${name}:27018`, name });
    if (!answer.ok) {
      throw new Error(answer.errmsg);
    }
  });
}
print("The cluster has two shards: mongodb://127.0.0.1:27017/");
