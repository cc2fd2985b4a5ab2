// The shipped workflow files: one per kind, whole, connected, importable, without a secret and without following a stranger.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { workflowKinds } from '../../src/shared/domain/task.ts';
import { shippedSetup, shippedWorkflowFiles, type WorkflowFile } from '../servers/n8n.ts';
import { projectFolder } from '../support/system-process.ts';

const { workflows, credentials } = shippedSetup('http://127.0.0.1:8080', 'w', 'a');
const webhookOf = ({ nodes }: WorkflowFile) => nodes.find(({ type }) => type === 'n8n-nodes-base.webhook');

test('there is one file per kind of task, and every id is there once', () => {
  expect(shippedWorkflowFiles()).toEqual([...workflowKinds].map((kind) => `${kind}.json`).sort());
  expect(workflows.map(({ name }) => name).sort()).toEqual([...workflowKinds].sort());
  const ids = workflows.flatMap(({ id, nodes }) => [id, ...nodes.map(({ webhookId }) => webhookId ?? '')]);
  const given = ids.filter((id) => id !== '');
  expect(new Set(given).size).toBe(given.length);
});

test.each(workflows.map((workflow) => [workflow.name, workflow] as const))('%s', (name, workflow) => {
  const webhook = webhookOf(workflow);
  expect(webhook?.parameters).toMatchObject({ httpMethod: 'POST', path: name, authentication: 'headerAuth' });
  expect(webhook?.webhookId).toMatch(/^[0-9a-f-]{36}$/);
  const names = workflow.nodes.map((node) => node.name);
  expect(new Set(names).size).toBe(names.length);
  const reached = new Set(['Webhook']);
  for (const from of reached)
    for (const { node } of workflow.connections[from]?.main.flat() ?? []) {
      expect(names, `${from} leads to ${node}`).toContain(node);
      reached.add(node);
    }
  expect(names.filter((node) => !reached.has(node))).toEqual(['Note']);
  const versions = Object.fromEntries(workflow.nodes.map((node) => [node.type, node.typeVersion]));
  expect(versions).toMatchObject({
    'n8n-nodes-base.webhook': 2,
    'n8n-nodes-base.set': 3.4,
    'n8n-nodes-base.httpRequest': 4.2,
  });
  const known = credentials.map(({ id }) => id);
  for (const { credentials: used } of workflow.nodes)
    for (const { id } of Object.values(used ?? {})) expect(known).toContain(id);
});

test('no address is taken from the call: the token can only go where the workflow’s owner has said', () => {
  for (const { nodes } of workflows)
    for (const { type, parameters } of nodes.filter((node) => node.type.endsWith('httpRequest'))) {
      expect(type).toBe('n8n-nodes-base.httpRequest');
      expect(String(parameters.url)).toMatch(/^=\{\{ \$(json|\('Where ato is'\)\.item\.json)\.ato_url \}\}/);
    }
});

test('the files hold placeholders, no secrets', () => {
  const folder = path.join(projectFolder, 'deploy', 'n8n');
  const example = readFileSync(path.join(folder, 'credentials.example.json'), 'utf8');
  expect(example).toContain('the same as N8N_WEBHOOK_TOKEN');
  expect(example).toContain('Bearer the same as API_TOKEN');
  for (const name of shippedWorkflowFiles())
    expect(readFileSync(path.join(folder, 'workflows', name), 'utf8')).not.toMatch(/Bearer|token-|password/i);
});
