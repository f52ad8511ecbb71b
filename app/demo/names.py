"""Given and family names of the demo customers; Chinese ones carry their Latin spelling."""

from typing import Final

_ENGLISH_FIRST_WORDS = """
Abigail Adeola Aisha Alan Alice Amara Amir Andrea Anton Arjun Beatrix Ben Bridget Callum Carla Chidi
Clara Connor Daniela Darius Deborah Desmond Edith Elena Eliot Esther Farah Fiona Gareth Gloria Hamish
Hannah Harriet Hugo Imani Ines Isaac Ivy Jamal Jasper Joanna Josef Kavita Keira Kwame Laila Leon Lorna
Lucas Magda Malik Marta Miriam Nadia Neil Nora Odette Olu Oscar Padma Petra Quentin Rachel Ravi Rhys
Rosa Ruth Sadie Samir Sean Sofia Stella Tariq Tessa Theo Una Vera Victor Wendy Yusuf Zara Zoe
"""

_ENGLISH_LAST_WORDS = """
Abara Achterberg Alder Amadi Aquino Ashworth Banerjee Barros Bellweather Birch Blackwood Brannigan
Calloway Castillo Chaudhry Collier Dacosta Delaney Dimitrov Donnelly Drummond Eastwick Ekwueme Farrow
Fenwick Ferreira Fitzroy Galloway Gill Greaves Haddad Halloran Hartley Hendricks Holloway Iqbal Jarvis
Kapoor Kessler Kowalski Lachlan Larkin Lindqvist Lockhart Madaki Marchetti Mbeki McAvoy Mercer Moreau
Nakamura Novak Oakes Obi Ortega Pemberton Petrov Pickering Quill Ramsey Rao Redfern Rossi Salazar
Santoro Sharma Silva Sorensen Sutcliffe Tanaka Thackeray Thornton Underhill Vance Villanueva Wainwright
Weatherby Whitlock Yardley Zielinski
"""

_CHINESE_FAMILY_WORDS = """
王wang 李li 张zhang 刘liu 陈chen 杨yang 赵zhao 黄huang 周zhou 吴wu 徐xu 孙sun 胡hu 朱zhu 高gao 林lin 何he
郭guo 马ma 罗luo 梁liang 宋song 郑zheng 谢xie 韩han 唐tang 冯feng 于yu 董dong 萧xiao 程cheng 曹cao
袁yuan 邓deng 许xu 傅fu 沈shen 曾zeng 彭peng 吕lv 苏su 卢lu 蒋jiang 蔡cai 贾jia 丁ding 魏wei 薛xue 叶ye
阎yan 余yu 潘pan 杜du 戴dai 夏xia 钟zhong 汪wang
"""

_CHINESE_GIVEN_WORDS = """
雨桐yutong 思远siyuan 佳宁jianing 晓燕xiaoyan 建国jianguo 梓涵zihan 国华guohua 静怡jingyi 志强zhiqiang
婉清wanqing 浩然haoran 欣悦xinyue 文博wenbo 雪梅xuemei 子轩zixuan 丽娟lijuan 一鸣yiming 慧敏huimin
俊杰junjie 诗涵shihan 振宇zhenyu 美玲meiling 天佑tianyou 若溪ruoxi 海燕haiyan 明轩mingxuan 秀英xiuying
嘉琪jiaqi 永康yongkang 梦洁mengjie 立群liqun 书瑶shuyao 宏伟hongwei 芷若zhiruo 家豪jiahao 春兰chunlan
睿哲ruizhe 晨曦chenxi 素芬sufen 博文bowen 玉珍yuzhen 景行jingxing 念慈nianci 泽宇zeyu 桂花guihua 亦凡yifan
乐怡leyi 成栋chengdong 可心kexin 沐阳muyang
"""

ENGLISH_FIRST: Final = _ENGLISH_FIRST_WORDS.split()
ENGLISH_LAST: Final = _ENGLISH_LAST_WORDS.split()
CHINESE_FAMILY: Final = _CHINESE_FAMILY_WORDS.split()
CHINESE_GIVEN: Final = _CHINESE_GIVEN_WORDS.split()
