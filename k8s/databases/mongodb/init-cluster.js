// Makes a sharded cluster of servers that run: sets, users, shards. It may be run again at any time, and then does what
// is missing; passwords become those of the secret.
//
// Run by mongosh. From the environment: CONFIG_SET and SHARDS (`name/host:port,host:port`, shards separated by blanks),
// ROUTER (`host:port`), KEYFILE, ADMIN_PASSWORD, TASKFLEET_PASSWORD, MIGRATE_PASSWORD.
const { readFileSync } = require("fs");

const NOT_YET_INITIALIZED = 94;
// A server that takes longer is met by the next attempt of the job.
const PATIENCE_MS = 120000;

const { env } = process;
const key = readFileSync(env.KEYFILE, "utf8").replace(/\s/g, "");

function until(what, attempt) {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      const found = attempt();
      if (found) return found;
    } catch (error) {
      if (Date.now() > end) throw error;
    }
    if (Date.now() > end) throw new Error(`${what} takes too long`);
    sleep(1000);
  }
}

// Before there is any user, who has the key of the cluster may come in as one of its servers.
function asServer(address) {
  const user = `__system:${encodeURIComponent(key)}`;
  return connect(`mongodb://${user}@${address}/admin?authSource=local&directConnection=true&serverSelectionTimeoutMS=2000`);
}

function makeSet(description) {
  const [name, addresses] = description.split("/");
  const members = addresses.split(",").map((host, _id) => ({ _id, host }));
  const first = until(`${name}: the first member`, () => asServer(members[0].host));
  try {
    first.adminCommand({ replSetGetStatus: 1 });
  } catch (error) {
    if (error.code !== NOT_YET_INITIALIZED) throw error;
    until(`${name}: every member`, () => members.every(({ host }) => asServer(host)));
    first.adminCommand({ replSetInitiate: { _id: name, members } });
    print(`${name}: ${members.length} members are a set`);
  }
  const primary = until(`${name}: a primary`, () => first.hello().primary);
  return asServer(primary);
}

// The config servers keep the users of the whole cluster.
function setUser(admin, user, pwd, roles) {
  const command = admin.getUser(user) ? { updateUser: user, pwd, roles } : { createUser: user, pwd, roles };
  admin.runCommand(command);
  print(`user ${user} is as it should be`);
}

function addShard(router, description) {
  const [name] = description.split("/");
  const { shards } = router.adminCommand({ listShards: 1 });
  if (shards.some(({ _id }) => _id === name)) return;
  router.adminCommand({ addShard: description, name });
  print(`${name} is a shard`);
}

const admin = makeSet(env.CONFIG_SET);
const shards = env.SHARDS.split(" ");
shards.forEach(makeSet);

setUser(admin, "admin", env.ADMIN_PASSWORD, [{ role: "root", db: "admin" }]);
setUser(admin, "taskfleet", env.TASKFLEET_PASSWORD, [{ role: "readWrite", db: "taskfleet" }]);
setUser(admin, "taskfleet-migrate", env.MIGRATE_PASSWORD, [
  { role: "readWrite", db: "taskfleet" },
  { role: "clusterManager", db: "admin" },
]);

const login = `admin:${encodeURIComponent(env.ADMIN_PASSWORD)}`;
const router = until("mongos", () => connect(`mongodb://${login}@${env.ROUTER}/admin?serverSelectionTimeoutMS=2000`));
shards.forEach((description) => addShard(router, description));
