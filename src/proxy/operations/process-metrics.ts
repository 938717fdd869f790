import { Counter, Gauge, type Registry } from 'prom-client'
import type { Clock } from '../../lib/clock.ts'

type Reading = readonly [name: string, help: string, read: () => number]

const GAUGES: readonly Reading[] = [
  ['process_resident_memory_bytes', 'Resident memory size in bytes.', () => process.memoryUsage.rss()],
  ['nodejs_heap_size_used_bytes', 'Used part of the JavaScript heap.', () => process.memoryUsage().heapUsed],
  ['nodejs_external_memory_bytes', 'Memory of buffers outside the heap.', () => process.memoryUsage().external],
  ['nodejs_active_resources', 'Sockets, timers and requests that keep the process running.', () => process.getActiveResourcesInfo().length],
]

/**
 * The process's own metrics under their usual names, read when scraped. The library's default set is not used: its event-loop monitor
 * wakes an idle process a hundred times a second.
 */
export function addProcessMetrics(registry: Registry, clock: Clock): void {
  for (const [name, help, read] of GAUGES) {
    const gauge: Gauge = new Gauge({ name, help, registers: [registry], collect: () => gauge.set(read()) })
  }
  const startedSeconds = (clock.nowMs() - process.uptime() * 1000) / 1000
  new Gauge({ name: 'process_start_time_seconds', help: 'When the process started.', registers: [registry] }).set(startedSeconds)
  addCpu(registry)
  addUtilization(registry)
}

function addCpu(registry: Registry): void {
  const counter: Counter = new Counter({
    name: 'process_cpu_seconds_total',
    help: 'User and system CPU time spent.',
    registers: [registry],
    collect: () => {
      const { user, system } = process.cpuUsage()
      counter.reset()
      counter.inc((user + system) / 1e6)
    },
  })
}

function addUtilization(registry: Registry): void {
  let last = performance.eventLoopUtilization()
  const gauge: Gauge = new Gauge({
    name: 'nodejs_eventloop_utilization',
    help: 'Share of the time since the last scrape in which the event loop was busy.',
    registers: [registry],
    collect: () => {
      const now = performance.eventLoopUtilization()
      gauge.set(performance.eventLoopUtilization(now, last).utilization || 0)
      last = now
    },
  })
}
