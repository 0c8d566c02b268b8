import { setTimeout as sleep } from 'node:timers/promises';
import kafkajs, { type AclEntry, type AclFilter, type Admin } from 'kafkajs';
import { ServerTrouble } from '../../errors.ts';

// Node finds only the first of kafkajs's exports by name, and these are not among them.
const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs;

const KNOWN_WITHIN_MS = 10_000;
const USER = 'User:';

/** Lets the user do everything with the topics, groups and transactions under the prefix. */
export async function allowPrefix(admin: Admin, user: string, prefix: string): Promise<void> {
  const { TOPIC, GROUP, TRANSACTIONAL_ID } = AclResourceTypes;
  const acl = [TOPIC, GROUP, TRANSACTIONAL_ID].map((resourceType): AclEntry => {
    return {
      resourceType,
      resourceName: prefix,
      resourcePatternType: ResourcePatternTypes.PREFIXED,
      principal: `${USER}${user}`,
      host: '*',
      operation: AclOperationTypes.ALL,
      permissionType: AclPermissionTypes.ALLOW,
    };
  });
  await admin.createAcls({ acl });
  await known(admin, user, acl.length);
}

/** Takes back everything that the users may do. */
export async function forbidAll(admin: Admin, users: readonly string[]): Promise<void> {
  if (users.length > 0) await admin.deleteAcls({ filters: users.map(allOf) });
}

/** The users who may do something. */
export async function allowedUsers(admin: Admin): Promise<string[]> {
  const { resources } = await admin.describeAcls(allOf());
  return resources.flatMap(({ acls }) => acls.map(({ principal }) => principal.slice(USER.length)));
}

/**
 * The controller answers before the broker goes by it. A broker learns of changes in their order, so
 * it then knows the user too.
 */
async function known(admin: Admin, user: string, count: number): Promise<void> {
  const deadline = performance.now() + KNOWN_WITHIN_MS;
  while ((await admin.describeAcls(allOf(user))).resources.length < count) {
    if (performance.now() > deadline) {
      throw new ServerTrouble('CHECK_FAILED', `its user is not known after ${KNOWN_WITHIN_MS} ms`);
    }
    await sleep(2);
  }
}

/** Without a user, those of all. */
function allOf(user?: string): AclFilter {
  return {
    resourceType: AclResourceTypes.ANY,
    resourcePatternType: ResourcePatternTypes.ANY,
    operation: AclOperationTypes.ANY,
    permissionType: AclPermissionTypes.ANY,
    ...(user !== undefined && { principal: `${USER}${user}` }),
  };
}
