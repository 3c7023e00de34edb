"""Everything that changes loans. Mails and agreements follow by what is made known (`app.loans.happenings`)."""

from app.loans.operations.approving import approve
from app.loans.operations.asking import LoanMade, ask_loan, enter_loan, look_at_draft
from app.loans.operations.changing import change_dates, swap_box
from app.loans.operations.handling import check_box, give_up_rest, hand_over, take_back
from app.loans.operations.moving import agree_loan, move_loan
from app.loans.operations.sendings import find_sent
from app.loans.operations.undoing import give_back_box, put_back
from app.loans.operations.waiting import name_facilitators

__all__ = [
    "LoanMade",
    "agree_loan",
    "approve",
    "ask_loan",
    "change_dates",
    "check_box",
    "enter_loan",
    "find_sent",
    "give_back_box",
    "give_up_rest",
    "hand_over",
    "look_at_draft",
    "move_loan",
    "name_facilitators",
    "put_back",
    "swap_box",
    "take_back",
]
