"""The tables of schema awgp as models of Django, for docs/clients/django.md. Generated from the
catalog: `UPDATE_GOLDEN=1 cargo test -p awgp_tests --test integration pages::` writes these files,
and a test holds them to a new database."""

from .approval_decisions import ApprovalDecision
from .approval_delegations import ApprovalDelegation
from .approvals import Approval
from .assistant_templates import AssistantTemplate
from .assistants import Assistant
from .audit_adopted_lanes import AuditAdoptedLane
from .audit_adoptions import AuditAdoption
from .audit_chain_anchors import AuditChainAnchor
from .audit_checkpoints import AuditCheckpoint
from .audit_erasable_columns import AuditErasableColumn
from .audit_erasable_values import AuditErasableValue
from .audit_legal_holds import AuditLegalHold
from .audit_log_integrity import AuditLogIntegrity
from .audit_logs import AuditLog
from .audit_partitions import AuditPartition
from .audit_retired_partitions import AuditRetiredPartition
from .audit_tree_lanes import AuditTreeLane
from .audit_tree_tiles import AuditTreeTile
from .budget_alerts import BudgetAlert
from .budget_periods import BudgetPeriod
from .communication_policies import CommunicationPolicy
from .conversation_logs import ConversationLog
from .conversation_search import ConversationSearch
from .cost_transactions import CostTransaction
from .credit_reservations import CreditReservation
from .governed_actions import GovernedAction
from .hallucination_flags import HallucinationFlag
from .identity_providers import IdentityProvider
from .installation import Installation
from .maintenance_steps import MaintenanceStep
from .message_sends import MessageSend
from .message_windows import MessageWindow
from .model_prices import ModelPrice
from .outbox import Outbox
from .provider_credit_pools import ProviderCreditPool
from .schema_migrations import SchemaMigration
from .stops import Stop
from .tenant_moves import TenantMove
from .tenants import Tenant
from .users import User
from .work_items import WorkItem

__all__ = [
    "ApprovalDecision",
    "ApprovalDelegation",
    "Approval",
    "AssistantTemplate",
    "Assistant",
    "AuditAdoptedLane",
    "AuditAdoption",
    "AuditChainAnchor",
    "AuditCheckpoint",
    "AuditErasableColumn",
    "AuditErasableValue",
    "AuditLegalHold",
    "AuditLogIntegrity",
    "AuditLog",
    "AuditPartition",
    "AuditRetiredPartition",
    "AuditTreeLane",
    "AuditTreeTile",
    "BudgetAlert",
    "BudgetPeriod",
    "CommunicationPolicy",
    "ConversationLog",
    "ConversationSearch",
    "CostTransaction",
    "CreditReservation",
    "GovernedAction",
    "HallucinationFlag",
    "IdentityProvider",
    "Installation",
    "MaintenanceStep",
    "MessageSend",
    "MessageWindow",
    "ModelPrice",
    "Outbox",
    "ProviderCreditPool",
    "SchemaMigration",
    "Stop",
    "TenantMove",
    "Tenant",
    "User",
    "WorkItem",
]
