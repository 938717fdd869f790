import { afterAll, beforeAll } from 'vitest'
import { type RedisServerUnderTest, startRedisServer } from '../support/redis-server.ts'
import { storeContract } from './contracts/store-contract.ts'
import { redisUnderTest } from './redis-under-test.ts'

let server: RedisServerUnderTest

beforeAll(async () => { server = await startRedisServer() })
afterAll(() => server.remove())

storeContract(() => redisUnderTest(server))
