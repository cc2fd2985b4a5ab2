// The metrics of the machine as the health monitor sees it: how much of each resource is used, of how much there is.
import type { SystemVitals } from '../../shared/domain/vitals.ts';
import { gauge, type MetricDefinition } from './metric-definition.ts';

function vital(name: string, help: string, read: (vitals: SystemVitals) => number | null): MetricDefinition {
  return gauge(name, help, ({ facts: { vitals } }) => (vitals === null ? null : read(vitals)));
}

export function machineMetrics(): MetricDefinition[] {
  return [
    vital('ato_cpu_load_cores', 'Processor time of this process over one core.', (vitals) => vitals.cpu_load),
    vital('ato_heap_used_bytes', 'Heap in use.', (vitals) => vitals.heap_used_bytes),
    vital('ato_heap_limit_bytes', 'Heap at which the process ends.', (vitals) => vitals.heap_limit_bytes),
    vital('ato_disk_free_bytes', 'Free space where logs and data are.', (vitals) => vitals.disk_free_bytes),
    vital('ato_disk_size_bytes', 'Size of that disk.', (vitals) => vitals.disk_total_bytes),
  ];
}
