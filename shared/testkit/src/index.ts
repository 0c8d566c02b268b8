export type { Exit } from '@backend-labs/launcher';
export type { RunContext, ServiceEvidence } from '@backend-labs/protocol';
export type { Lease, Stack } from '@backend-labs/stack';
export { expect } from 'vitest';
export {
  ServiceError,
  type ServiceErrorCode,
  SqlError,
  TestkitError,
  type TestkitErrorCode,
} from './errors.ts';
export { Double, type Handler, type RecordedRequest, type Reply } from './http/double.ts';
export { test } from './fixtures.ts';
export {
  type Attributes,
  type LogRecord,
  type Metric,
  OtlpCollector,
  type Span,
} from './http/otlp-collector.ts';
export { Draw } from './draw/draw.ts';
export type { BuildStep } from './images/build-output.ts';
export type { Container, ContainerExit, RunOptions } from './images/container.ts';
export { type BuildOptions, type Built, ImageEngine } from './images/engine.ts';
export type { Image, ImageConfig } from './images/image.ts';
export type { ImageFile, Layer } from './images/layers.ts';
export { explain, lesson, LessonError, type LessonText } from './lesson.ts';
export { each, SomeWrong } from './points/each.ts';
export { judges } from './points/judges.ts';
export {
  type Direction,
  type Cut,
  type Passage,
  type Tap,
  TcpProxy,
  type TcpProxyOptions,
} from './network/tcp-proxy.ts';
export type { HotUpdates, IndexInfo, LockInfo } from './postgres/inspect.ts';
export { ExecutedPlan, type PlanNode } from './postgres/plan.ts';
export { type PostgresLease, PostgresProbe } from './postgres/probe.ts';
export { beforeStatement } from './postgres/statements.ts';
export { PgSession } from './postgres/session.ts';
export type { StatementUse, Usage } from './postgres/usage.ts';
export type { GroupState, KafkaGroup, PartitionLag } from './kafka/group.ts';
export type { KafkaProbe } from './kafka/probe.ts';
export type { KafkaRecord, NewRecord, RecordBytes } from './kafka/record.ts';
export {
  type Published,
  type PublishOptions,
  type QueueState,
  RabbitProbe,
} from './rabbitmq/probe.ts';
export { SpareRabbit } from './rabbitmq/spare.ts';
export type { Death, RabbitMessage } from './rabbitmq/message.ts';
export type { RedisProbe } from './redis/probe.ts';
export type { CommandUse, SeenCommand } from './redis/watch.ts';
export { Answer } from './service/answer.ts';
export type { LogEntry, LogMark, Logs } from './service/logs.ts';
export { answers, logs, type Readiness } from './service/readiness.ts';
export { migrate, runScript, type ScriptOptions, type ScriptResult } from './service/script.ts';
export { Service, type ServiceOptions } from './service/service.ts';
export { type CallOptions, StartedService } from './service/started.ts';
export { thousands } from './text.ts';
export { arrival, eventually, happens, NeverHappened, type Patience } from './wait/eventually.ts';
export { Gate, gate, type GateOptions } from './wait/gate.ts';
