// What health reports on a quiet day, for tests of the API and of the page.

export const quietHealthReport = {
  at: 0,
  incidents: [],
  playbooks: [{ playbook: 'database_slow', verified: 2, failed: 1, refused: 0, mean_time_to_heal_ms: 1_200 }],
  normals: [],
  usage: [],
  proposals: [],
  pages: { sent_today: 0, held_back: 0 },
};
