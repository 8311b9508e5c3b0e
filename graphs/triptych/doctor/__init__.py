"""What works here and what to do about what does not: ``triptych doctor``."""

from triptych.doctor.examination import of_endpoint, of_machine
from triptych.doctor.finding import Finding
from triptych.doctor.purse import Purse
from triptych.doctor.subject import Subject, addressed, named

__all__ = ["Finding", "Purse", "Subject", "addressed", "named", "of_endpoint", "of_machine"]
