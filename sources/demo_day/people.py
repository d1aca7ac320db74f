"""Who is on which list in the demo: pools of companies that do not overlap unless meant to."""

from dataclasses import dataclass

from sources.demo_day.companies import Company, companies, cooperatives, shops


@dataclass(frozen=True)
class Pools:
    """Companies by what the lists say about them; the clean ones are on none."""

    clean: tuple[Company, ...]
    clean_shops: tuple[Company, ...]
    clean_cooperatives: tuple[Company, ...]
    court: tuple[Company, ...]
    procurement: tuple[Company, ...]
    wages: tuple[Company, ...]
    market: tuple[Company, ...]
    safety: tuple[Company, ...]
    bidding: tuple[Company, ...]
    licence: tuple[Company, ...]
    licence_shops: tuple[Company, ...]
    penalty: tuple[Company, ...]
    fraud: tuple[Company, ...]
    arrears: tuple[Company, ...]
    tax: tuple[Company, ...]
    social: tuple[Company, ...]
    abnormal: tuple[Company, ...]
    focus: tuple[Company, ...]
    red: tuple[Company, ...]

    @property
    def red_and_court(self) -> Company:
        """On the red list and on the court's: the reward is suspended, the court's list counts."""
        return self.court[0]

    @property
    def expired_ban(self) -> Company:
        """Whose disqualification ended the week before: punished for nothing."""
        return self.bidding[-1]

    @property
    def future_ban(self) -> Company:
        """Whose disqualification begins tomorrow."""
        return self.bidding[-2]


POOLS = Pools(
    clean=companies(1, 1200),
    clean_shops=shops(1, 120),
    clean_cooperatives=cooperatives(1, 60),
    court=companies(2001, 118),
    procurement=companies(2201, 12),
    wages=companies(2301, 25),
    market=companies(2401, 30),
    safety=companies(2501, 15),
    bidding=companies(2601, 16),
    licence=companies(2701, 16),
    licence_shops=shops(2701, 4),
    penalty=companies(2801, 30),
    fraud=companies(2901, 6),
    arrears=companies(3001, 8),
    tax=companies(3021, 6),
    social=companies(3031, 4),
    abnormal=companies(3041, 20),
    focus=companies(3101, 70),
    red=companies(3201, 119),
)
