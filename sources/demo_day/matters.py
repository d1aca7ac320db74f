"""What one can apply for in the demo: items and departments as the catalogue registers them."""

from typing import NamedTuple


class Matter(NamedTuple):
    """One item and the department that handles it; `certificate` as a permit table names it."""

    item_code: str
    title: str
    department: str
    office: str
    certificate: str = ""


HOUSING = "11210500105000226H", "本溪市住房和城乡建设局"
MARKET = "11210500105000330M", "本溪市市场监督管理局"
EMERGENCY = "11210500105000445U", "本溪市应急管理局"
FINANCE = "1121050010500055XW", "本溪市财政局"
LABOUR = "112105001050006646", "本溪市人力资源和社会保障局"
ECOLOGY = "11210500105000779C", "本溪市生态环境局"
TRANSPORT = "11210500105000883G", "本溪市交通运输局"
AGRICULTURE = "11210500105000998N", "本溪市农业农村局"
INDUSTRY = "112105001050010A16", "本溪市工业和信息化局"
DEVELOPMENT = "112105001050011B6C", "本溪市发展和改革委员会"
SCIENCE = "112105001050013D5N", "本溪市科学技术局"
COMMERCE = "112105001050014EXP", "本溪市商务局"
HEALTH = "112105001050015F41", "本溪市卫生健康委员会"
TRADING_CENTRE = "122105001050022N38", "本溪市公共资源交易中心"
CREDIT_OFFICE = "11210500105000111B", "本溪市营商环境建设局(市信用办)"
TAX = "112105001050019K0F", "国家税务总局本溪市税务局"
COURT = "112105001050018J6B", "本溪市中级人民法院"

LICENCES = (
    Matter("bx-sj-001", "食品经营许可", *MARKET, "食品经营许可证"),
    Matter("bx-sj-002", "食品生产许可", *MARKET, "食品生产许可证"),
    Matter("bx-sj-005", "企业设立登记", *MARKET, "营业执照"),
    Matter("bx-zj-001", "建筑工程施工许可证核发", *HOUSING, "建筑工程施工许可证"),
    Matter("bx-zj-003", "商品房预售许可", *HOUSING, "商品房预售许可证"),
    Matter("bx-yj-001", "危险化学品经营许可", *EMERGENCY, "危险化学品经营许可证"),
    Matter("bx-hb-002", "建设项目环境影响评价审批", *ECOLOGY, "环境影响评价批复"),
    Matter("bx-jt-001", "道路货物运输经营许可", *TRANSPORT, "道路运输经营许可证"),
    Matter("bx-rs-001", "人力资源服务许可", *LABOUR, "人力资源服务许可证"),
    Matter("bx-ny-003", "种子生产经营许可", *AGRICULTURE, "种子生产经营许可证"),
    Matter("bx-fg-001", "企业投资项目核准", *DEVELOPMENT, "项目核准批复"),
    Matter("bx-ws-001", "公共场所卫生许可", *HEALTH, "公共场所卫生许可证"),
)
BARRED_LICENCES = (LICENCES[0], LICENCES[1], LICENCES[5], LICENCES[7])
FUNDS = (
    Matter("bx-gx-001", "中小企业发展专项资金", *INDUSTRY),
    Matter("bx-rs-002", "稳岗补贴申领", *LABOUR),
    Matter("bx-ny-002", "农机购置与应用补贴", *AGRICULTURE),
    Matter("bx-kj-001", "科技创新专项资金", *SCIENCE),
    Matter("bx-sw-001", "外贸发展专项资金", *COMMERCE),
    Matter("bx-cz-003", "财政贴息资金", *FINANCE),
)
STATUTORY = Matter("bx-jy-001", "依法必须招标项目投标登记", *TRADING_CENTRE)
PROCUREMENT = Matter("bx-cz-001", "政府采购货物公开招标", *TRADING_CENTRE)
# What the catalogue does not know, on purpose.
UNKNOWN_ITEM = Matter("bx-qt-999", "未编目事项", *MARKET)
UNREGISTERED_DEPARTMENT = "11210500105009909H"
