// What AWGP answers, as typed values.

/** An action that may be performed now. */
export interface Begun {
  readonly actionId: string;
  readonly workItemId: string;
  readonly assistantId: string;
  readonly status: string;
  readonly expiresAt: Date;
  readonly reservationId: string | null;
  readonly approvalId: string | null;
  readonly argumentsDigest: string | null;
  readonly hint: string;
}

/** What finish_action() has answered. `costAmount` is exact, as a text. */
export interface Finished {
  readonly actionId: string;
  readonly status: string;
  readonly repeated: boolean;
  readonly late: boolean;
  readonly overrun: boolean;
  readonly costAmount: string | null;
}

/**
 * A request for approval, or what was decided. `arguments` are those that are approved, which an approver may
 * have changed. `isOpen`: nobody has decided it yet.
 */
export interface Approval {
  readonly id: string;
  readonly status: string;
  readonly action: string | null;
  readonly arguments: unknown;
  readonly rejectedReason: string | null;
  readonly isOpen: boolean;
}

/** begin_action()'s answer where it allows. */
export interface BeginAnswer {
  readonly allowed: true;
  readonly action_id: string;
  readonly work_item_id: string;
  readonly assistant_id: string;
  readonly status: string;
  readonly expires_at: string;
  readonly reservation_id: string | null;
  readonly approval_id: string | null;
  readonly arguments_digest: string | null;
  readonly hint: string;
}

export function begun(answer: BeginAnswer): Begun {
  return {
    actionId: answer.action_id,
    workItemId: answer.work_item_id,
    assistantId: answer.assistant_id,
    status: answer.status,
    expiresAt: new Date(answer.expires_at),
    reservationId: answer.reservation_id,
    approvalId: answer.approval_id,
    argumentsDigest: answer.arguments_digest,
    hint: answer.hint,
  };
}

/** finish_action()'s answer. */
export interface FinishAnswer {
  readonly action_id: string;
  readonly status: string;
  readonly repeated: boolean;
  readonly late: boolean;
  readonly overrun: boolean;
  readonly cost_amount: string | null;
}

export function finished(answer: FinishAnswer): Finished {
  return {
    actionId: answer.action_id,
    status: answer.status,
    repeated: answer.repeated,
    late: answer.late,
    overrun: answer.overrun,
    costAmount: answer.cost_amount,
  };
}

/** A row of awgp.approvals or awgp.approval_details. */
export interface ApprovalRow {
  readonly id: string;
  readonly status: string;
  readonly action: string | null;
  readonly arguments: unknown;
  readonly rejected_reason: string | null;
}

export function approval(row: ApprovalRow): Approval {
  return {
    id: row.id,
    status: row.status,
    action: row.action,
    arguments: row.arguments,
    rejectedReason: row.rejected_reason,
    isOpen: row.status === 'pending' || row.status === 'escalated',
  };
}
