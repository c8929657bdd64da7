-- A part of the seed's schema as Prisma makes it where nothing is mapped: models, fields and enums in their
-- own spelling, ids as text, timestamps without a time zone, decimals with thirty places.

CREATE TYPE "TenantType" AS ENUM ('holding', 'subsidiary');
CREATE TYPE "UserRole" AS ENUM ('super_admin', 'admin', 'manager', 'operator', 'viewer');
CREATE TYPE "AssistantType" AS ENUM ('executive_cos', 'company_finance', 'custom');
CREATE TYPE "WorkItemStatus" AS ENUM ('backlog', 'in_progress', 'awaiting_approval', 'completed', 'failed', 'cancelled');

CREATE TABLE "_prisma_migrations" (id varchar(36) PRIMARY KEY, checksum varchar(64) NOT NULL);
CREATE TABLE "Tenant" (
    "id" TEXT PRIMARY KEY, "name" TEXT NOT NULL, "slug" TEXT NOT NULL, "type" "TenantType" NOT NULL,
    "parentTenantId" TEXT REFERENCES "Tenant" ("id"), "settings" JSONB NOT NULL DEFAULT '{}',
    "quotaMaxAssistants" INTEGER NOT NULL DEFAULT 10, "quotaMaxUsers" INTEGER NOT NULL DEFAULT 50,
    "quotaMonthlyCostLimit" DECIMAL(65,30) NOT NULL DEFAULT 1000.00, "isActive" BOOLEAN NOT NULL DEFAULT true,
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP, "updatedAt" TIMESTAMP(3) NOT NULL
);
CREATE TABLE "User" (
    "id" TEXT PRIMARY KEY, "tenantId" TEXT NOT NULL REFERENCES "Tenant" ("id"), "keycloakId" TEXT, "email" TEXT NOT NULL,
    "firstName" TEXT, "lastName" TEXT, "role" "UserRole" NOT NULL, "isActive" BOOLEAN NOT NULL DEFAULT true,
    "lastLoginAt" TIMESTAMP(3), "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP, "updatedAt" TIMESTAMP(3) NOT NULL,
    "shoeSize" INTEGER
);
CREATE TABLE "Assistant" (
    "id" TEXT PRIMARY KEY, "tenantId" TEXT NOT NULL REFERENCES "Tenant" ("id"), "name" TEXT NOT NULL, "slug" TEXT NOT NULL,
    "description" TEXT, "type" "AssistantType" NOT NULL, "status" TEXT NOT NULL DEFAULT 'inactive',
    "configuration" JSONB NOT NULL DEFAULT '{}', "capabilities" TEXT[], "modelConfig" JSONB NOT NULL DEFAULT '{}',
    "riskTier" INTEGER NOT NULL DEFAULT 2, "maxCostPerDay" DECIMAL(65,30) NOT NULL DEFAULT 10.00,
    "version" INTEGER NOT NULL DEFAULT 1, "createdBy" TEXT, "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMP(3) NOT NULL
);
CREATE TABLE "WorkItem" (
    "id" TEXT PRIMARY KEY, "tenantId" TEXT NOT NULL, "assistantId" TEXT NOT NULL, "title" TEXT NOT NULL, "description" TEXT,
    "status" "WorkItemStatus" NOT NULL DEFAULT 'backlog', "priority" INTEGER NOT NULL DEFAULT 3, "riskLevel" INTEGER,
    "estimatedCost" DECIMAL(65,30), "actualCost" DECIMAL(65,30), "context" JSONB NOT NULL DEFAULT '{}', "result" JSONB,
    "startedAt" TIMESTAMP(3), "completedAt" TIMESTAMP(3), "dueAt" TIMESTAMP(3), "createdBy" TEXT,
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP, "updatedAt" TIMESTAMP(3) NOT NULL
);
CREATE TABLE "Approval" (
    "id" TEXT PRIMARY KEY, "tenantId" TEXT NOT NULL, "workItemId" TEXT NOT NULL, "title" TEXT NOT NULL, "description" TEXT,
    "riskLevel" INTEGER NOT NULL, "status" TEXT NOT NULL, "requestedBy" TEXT NOT NULL, "approverIds" TEXT[],
    "approvedBy" TEXT, "approvedAt" TIMESTAMP(3), "rejectedReason" TEXT, "expiresAt" TIMESTAMP(3) NOT NULL,
    "escalationCount" INTEGER NOT NULL DEFAULT 0, "context" JSONB NOT NULL DEFAULT '{}',
    "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP, "updatedAt" TIMESTAMP(3) NOT NULL
);
CREATE TABLE "CostTransaction" (
    "id" TEXT PRIMARY KEY, "tenantId" TEXT NOT NULL, "assistantId" TEXT NOT NULL, "workItemId" TEXT, "provider" TEXT NOT NULL,
    "model" TEXT NOT NULL, "inputTokens" INTEGER NOT NULL, "outputTokens" INTEGER NOT NULL, "costAmount" DECIMAL(65,30) NOT NULL,
    "metadata" JSONB NOT NULL DEFAULT '{}', "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE TABLE "AuditLog" (
    "id" BIGSERIAL PRIMARY KEY, "timestamp" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP, "tenantId" TEXT NOT NULL,
    "actorType" TEXT NOT NULL, "actorId" TEXT, "action" TEXT NOT NULL, "entityType" TEXT NOT NULL, "entityId" TEXT,
    "beforeState" JSONB, "afterState" JSONB, "metadata" JSONB, "integrityHash" TEXT NOT NULL
);

INSERT INTO "Tenant" ("id", "name", "slug", "type", "updatedAt") VALUES
    ('10000000-0000-4000-8000-00000000000a', 'Solo', 'solo', 'holding', '2025-02-01 10:00:00.123');
INSERT INTO "User" ("id", "tenantId", "email", "role", "updatedAt") VALUES
    ('20000000-0000-4000-8000-00000000000a', '10000000-0000-4000-8000-00000000000a', 'sol@solo.example', 'admin', '2025-02-01');
INSERT INTO "Assistant" ("id", "tenantId", "name", "slug", "type", "status", "capabilities", "createdBy", "updatedAt") VALUES
    ('30000000-0000-4000-8000-00000000000A', '10000000-0000-4000-8000-00000000000a', 'Ledger', 'ledger', 'company_finance', 'active',
     '{read}', '20000000-0000-4000-8000-00000000000a', '2025-02-01');
INSERT INTO "WorkItem" ("id", "tenantId", "assistantId", "title", "status", "riskLevel", "estimatedCost", "updatedAt") VALUES
    ('40000000-0000-4000-8000-00000000000a', '10000000-0000-4000-8000-00000000000a', '30000000-0000-4000-8000-00000000000A', 'Close the month',
     'awaiting_approval', 3, 1.5, '2025-02-01');
INSERT INTO "Approval" ("id", "tenantId", "workItemId", "title", "riskLevel", "status", "requestedBy", "approverIds", "expiresAt", "updatedAt") VALUES
    ('50000000-0000-4000-8000-00000000000a', '10000000-0000-4000-8000-00000000000a', '40000000-0000-4000-8000-00000000000a', 'May I?', 3,
     'pending', '20000000-0000-4000-8000-00000000000a', '{20000000-0000-4000-8000-00000000000a}', '2125-02-01', '2025-02-01');
INSERT INTO "CostTransaction" ("id", "tenantId", "assistantId", "provider", "model", "inputTokens", "outputTokens", "costAmount", "createdAt") VALUES
    ('80000000-0000-4000-8000-00000000000a', '10000000-0000-4000-8000-00000000000a', '30000000-0000-4000-8000-00000000000A', 'openai', 'gpt-4',
     1, 1, 0.0000001234, '2025-02-10');
INSERT INTO "AuditLog" ("timestamp", "tenantId", "actorType", "action", "entityType", "afterState", "integrityHash") VALUES
    ('2025-02-10 12:00:00.5', '10000000-0000-4000-8000-00000000000a', 'system', 'insert', 'tenants', '{"slug": "solo"}', 'abc');
